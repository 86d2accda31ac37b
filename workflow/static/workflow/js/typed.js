// A form of the desk is sent once, and what was typed outlives a login that ended meanwhile: it is kept in this tab
// until the next page of the admin and put back when the clerk, signed in again, is led back to the same form.
(() => {
  const KEY = "obieg-typed";
  const { user, restored } = document.currentScript.dataset;
  const LASTS = 12 * 3600 * 1000;

  const kept = (() => {
    try {
      return JSON.parse(sessionStorage.getItem(KEY));
    } catch {
      return null;
    }
  })();
  sessionStorage.removeItem(KEY);

  // The address of a deed leads back to its case with "?czyn="; the paper door has one address.
  const deed = new URLSearchParams(location.search).get("czyn");
  const cameBack =
    kept && kept.user === user && Date.now() - kept.at < LASTS &&
    (deed ? kept.path === `${location.pathname}${deed}/` : kept.path === location.pathname);
  const formOf = (path) =>
    [...document.querySelectorAll("form[data-once]")].find((form) => new URL(form.action).pathname === path);

  function putBack() {
    const form = formOf(kept.path);
    if (!form || form.dataset.bound !== undefined) return;
    const values = new Map();
    for (const [name, value] of kept.fields) values.set(name, [...(values.get(name) || []), value]);
    for (const field of form.elements) {
      if (!field.name || ["hidden", "file", "submit", "button"].includes(field.type) || !values.has(field.name)) continue;
      if (field.type === "checkbox" || field.type === "radio") field.checked = values.get(field.name).includes(field.value);
      else field.value = values.get(field.name).shift() ?? "";
    }
    const note = document.createElement("p");
    note.className = "help-block help-info";
    note.setAttribute("role", "status");
    note.textContent = restored;
    form.prepend(note);
  }
  if (cameBack) document.addEventListener("DOMContentLoaded", putBack); // the admin's scripts stand in the head

  document.addEventListener("submit", (event) => {
    const sent = event.target.closest("form[data-once]");
    if (!sent) return;
    if (sent.dataset.sent) {
      event.preventDefault();
      return;
    }
    sent.dataset.sent = "1";
    const fields = [...new FormData(sent)].filter(
      ([name, value]) => typeof value === "string" && name !== "csrfmiddlewaretoken",
    );
    try {
      sessionStorage.setItem(KEY, JSON.stringify({ user, path: new URL(sent.action).pathname, at: Date.now(), fields }));
    } catch {
      // No room or no storage: the form is sent all the same.
    }
  });
  window.addEventListener("pageshow", () => {
    for (const sent of document.querySelectorAll("form[data-sent]")) delete sent.dataset.sent;
  });
})();
