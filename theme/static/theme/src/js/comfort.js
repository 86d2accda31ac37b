// A second press of the same button within this time is taken for a double click.
const GUARD = 4000;

export function doubleSubmitGuard() {
  const sent = new WeakMap();
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || event.defaultPrevented) return;
    const last = sent.get(form);
    if (last && event.timeStamp - last < GUARD) {
      event.preventDefault();
      return;
    }
    sent.set(form, event.timeStamp);
    event.submitter?.setAttribute("aria-busy", "true");
  });
  // Coming back by the back button must not find a form that refuses to be sent.
  window.addEventListener("pageshow", () => {
    for (const button of document.querySelectorAll("[aria-busy]")) button.removeAttribute("aria-busy");
    for (const form of document.forms) sent.delete(form);
  });
}

// <form data-unsaved>: leaving with typed words asks first.
export function unsavedGuard() {
  const changed = new Set();
  document.addEventListener("input", (event) => {
    const form = event.target.form;
    if (form?.hasAttribute("data-unsaved")) changed.add(form);
  });
  document.addEventListener("submit", (event) => changed.delete(event.target));
  window.addEventListener("beforeunload", (event) => {
    if (changed.size) event.preventDefault();
  });
}

export function copyButtons(scope) {
  for (const button of scope.querySelectorAll("[data-copy]:not([data-ready])")) {
    button.dataset.ready = "";
    const note = document.createElement("span");
    note.className = "ob-small";
    note.setAttribute("role", "status");
    button.insertAdjacentElement("afterend", note);
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(button.dataset.copy);
        note.textContent = button.dataset.copied;
      } catch {
        note.textContent = button.dataset.copyFailed;
      }
    });
  }
}

// Tabs are a list of links to sections until this runs; then arrow keys move between them.
export function tabs(scope) {
  for (const box of scope.querySelectorAll("[data-tabs]:not([data-ready])")) {
    box.dataset.ready = "";
    const links = [...box.querySelectorAll(".ob-tabs__tab")];
    const panels = links.map((link) => document.getElementById(link.hash.slice(1)));
    if (panels.some((panel) => !panel)) continue;
    const show = (wanted, focus) => {
      links.forEach((link, index) => {
        const on = index === wanted;
        link.setAttribute("aria-selected", String(on));
        link.tabIndex = on ? 0 : -1;
        panels[index].hidden = !on;
        if (on && focus) link.focus();
      });
    };
    box.querySelector(".ob-tabs__list").setAttribute("role", "tablist");
    links.forEach((link, index) => {
      link.setAttribute("role", "tab");
      link.id ||= `${link.hash.slice(1)}-tab`;
      link.setAttribute("aria-controls", link.hash.slice(1));
      link.parentElement.setAttribute("role", "presentation");
      panels[index].setAttribute("role", "tabpanel");
      panels[index].setAttribute("aria-labelledby", link.id);
      link.addEventListener("click", (event) => {
        event.preventDefault();
        history.replaceState(null, "", link.hash);
        show(index, false);
      });
      link.addEventListener("keydown", (event) => {
        const move = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
        if (!move) return;
        event.preventDefault();
        show((index + move + links.length) % links.length, true);
      });
    });
    show(Math.max(0, links.findIndex((link) => link.hash === location.hash)), false);
  }
}
