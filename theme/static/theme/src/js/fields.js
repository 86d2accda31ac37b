// Counters that speak only when the person pauses, so that a screen reader is not flooded.
const PAUSE = 800;

function liveLine(after, id) {
  const line = document.createElement("p");
  line.className = "ob-count";
  line.id = id;
  const spoken = document.createElement("span");
  spoken.className = "ob-sr";
  spoken.setAttribute("aria-live", "polite");
  after.insertAdjacentElement("afterend", line);
  line.insertAdjacentElement("afterend", spoken);
  let timer;
  return (text, over) => {
    line.textContent = text;
    line.classList.toggle("ob-count--over", over);
    clearTimeout(timer);
    timer = setTimeout(() => {
      spoken.textContent = text;
    }, PAUSE);
  };
}

const fill = (pattern, ...values) => values.reduce((text, value, index) => text.replace(`{${index}}`, value), pattern);

export function countCharacters(scope) {
  for (const area of scope.querySelectorAll("[data-count-max]:not([data-ready])")) {
    area.dataset.ready = "";
    const max = Number(area.dataset.countMax);
    const say = liveLine(area, `${area.id}-count`);
    const update = () => {
      const left = max - area.value.length;
      say(fill(left < 0 ? area.dataset.countOver : area.dataset.countLeft, Math.abs(left)), left < 0);
    };
    area.addEventListener("input", update);
    update();
  }
}

// PESEL, NIP and their like: pasted spaces and dashes are dropped, and the digits are counted.
export function digitsOnly(scope) {
  for (const input of scope.querySelectorAll("[data-digits]:not([data-ready])")) {
    input.dataset.ready = "";
    const wanted = Number(input.dataset.digits);
    input.removeAttribute("maxlength");
    const say = liveLine(input, `${input.id}-count`);
    const update = () => {
      const digits = input.value.replace(/\D/g, "");
      if (/^[\d\s.-]*$/.test(input.value) && digits !== input.value) input.value = digits;
      say(fill(input.dataset.digitsText, digits.length, wanted), digits.length > wanted);
    };
    input.addEventListener("input", update);
    update();
  }
}
