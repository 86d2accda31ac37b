// Shows what was chosen before it is sent, and says at once when a file is too large or of a wrong kind.
function size(bytes) {
  const units = ["B", "kB", "MB", "GB"];
  let step = 0;
  let value = bytes;
  while (value >= 1000 && step < units.length - 1) {
    value /= 1000;
    step += 1;
  }
  const digits = value < 10 && step > 0 ? 1 : 0;
  return `${value.toLocaleString(document.documentElement.lang, { maximumFractionDigits: digits })} ${units[step]}`;
}

function row(file, problem) {
  const item = document.createElement("li");
  item.className = "ob-file";
  const space = document.createElement("span");
  const text = document.createElement("div");
  const name = document.createElement("div");
  name.className = "ob-file__name";
  name.textContent = file.name;
  const meta = document.createElement("div");
  meta.className = "ob-file__meta";
  meta.textContent = size(file.size);
  text.append(name, meta);
  if (problem) {
    const error = document.createElement("p");
    error.className = "ob-error";
    error.textContent = problem;
    text.append(error);
  }
  item.append(space, text);
  return item;
}

export function fileLists(scope) {
  for (const box of scope.querySelectorAll("[data-files]:not([data-ready])")) {
    box.dataset.ready = "";
    const input = box.querySelector('input[type="file"]');
    const list = document.createElement("ul");
    list.className = "ob-files";
    list.setAttribute("aria-live", "polite");
    list.setAttribute("aria-label", box.dataset.filesLabel);
    list.hidden = true;
    box.append(list);
    const max = Number(box.dataset.maxBytes || 0);
    const kinds = (input.accept || "").toLowerCase().split(",").map((kind) => kind.trim()).filter((kind) => kind.startsWith("."));
    input.addEventListener("change", () => {
      list.replaceChildren(
        ...[...input.files].map((file) => {
          let problem = "";
          if (max && file.size > max) problem = box.dataset.tooLarge;
          else if (kinds.length && !kinds.some((kind) => file.name.toLowerCase().endsWith(kind))) problem = box.dataset.wrongKind;
          return row(file, problem);
        }),
      );
      list.hidden = !input.files.length;
    });
    for (const name of ["dragenter", "dragover"]) box.addEventListener(name, () => box.classList.add("is-over"));
    for (const name of ["dragleave", "drop"]) box.addEventListener(name, () => box.classList.remove("is-over"));
  }
}
