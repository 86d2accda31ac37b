// The choice stays in this browser (local storage, no cookie); the line in <head> applies it before the first paint.
const KEY = "obieg-theme";

function apply(choice) {
  const root = document.documentElement;
  if (choice === "auto") {
    root.removeAttribute("data-theme");
  } else {
    root.dataset.theme = choice;
  }
  for (const button of document.querySelectorAll("[data-theme-choice]")) {
    button.setAttribute("aria-pressed", String(button.dataset.themeChoice === choice));
  }
}

export function themeSwitch() {
  apply(document.documentElement.dataset.theme || "auto");
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-theme-choice]");
    if (!button) return;
    const choice = button.dataset.themeChoice;
    try {
      if (choice === "auto") localStorage.removeItem(KEY);
      else localStorage.setItem(KEY, choice);
    } catch {
      // Storage may be closed: the choice then lasts for this page.
    }
    apply(choice);
  });
}
