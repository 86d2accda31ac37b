// <dialog data-session-warning data-seconds="1800" data-warn="120" data-extend="/…">: warns before a login ends.
export function sessionWarning() {
  const dialog = document.querySelector("dialog[data-session-warning]");
  if (!dialog || !dialog.showModal) return;
  const life = Number(dialog.dataset.seconds) * 1000;
  const warn = Number(dialog.dataset.warn) * 1000;
  const left = dialog.querySelector("[data-session-left]");
  const stay = dialog.querySelector("[data-session-stay]");
  let end = Date.now() + life;

  function tick() {
    const rest = end - Date.now();
    if (rest <= 0) {
      if (dialog.dataset.endedUrl) location.assign(dialog.dataset.endedUrl);
      return;
    }
    if (rest <= warn && !dialog.open) dialog.showModal();
    if (dialog.open && left) {
      const minutes = Math.max(1, Math.ceil(rest / 60000));
      const text = dialog.dataset.leftText.replace("{0}", minutes);
      if (left.textContent !== text) left.textContent = text;
    }
  }

  async function extend() {
    try {
      const answer = await fetch(dialog.dataset.extend, { credentials: "same-origin", headers: { "X-Requested-With": "fetch" } });
      if (!answer.ok) return;
      end = Date.now() + life;
    } finally {
      dialog.close();
    }
  }

  stay?.addEventListener("click", extend);
  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    extend();
  });
  setInterval(tick, 1000);
}
