// A message that the reader hid stays hidden in this browser (local storage, no cookie); the line below the messages
// applies it before the first paint.
export function alertClosers() {
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-alert-close]");
    if (!button) return;
    const alert = button.closest("[data-alert]");
    try {
      localStorage.setItem(`obieg-alert-${alert.dataset.alert}`, "1");
    } catch {
      // Storage may be closed: the message is then hidden on this page only.
    }
    const next = document.querySelector(".ob-skip");
    alert.remove();
    next?.focus();
  });
}
