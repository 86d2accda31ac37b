// A form of the desk is sent once, and what was typed outlives a login that ended meanwhile: it is kept in this tab
// until the next page of the admin and put back when the clerk, signed in again, is led back to the same form.
// What was begun and not sent is kept in this tab too, until it is sent or the tab is closed.
(() => {
  const KEY = "obieg-typed";
  const { user, restored, begun } = document.currentScript.dataset;
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
  const note = (form, text) => {
    const said = document.createElement("p");
    said.className = "help-block help-info";
    said.setAttribute("role", "status");
    said.textContent = text;
    form.prepend(said);
  };

  // One draft for each form: its address, and which letter, task or call it is about.
  const draftOf = (form) => {
    const about = [...form.querySelectorAll("input[type=hidden]")].filter((field) => field.name !== "csrfmiddlewaretoken");
    return `obieg-draft:${user}:${new URL(form.action).pathname}:${about.map((field) => field.value).join(",")}`;
  };
  const textsOf = (form) => [...form.querySelectorAll("textarea[name], input[type=text][name]")];

  function takeUp() {
    for (const form of document.querySelectorAll("form[data-once]")) {
      let texts = null;
      try {
        texts = JSON.parse(sessionStorage.getItem(draftOf(form)));
      } catch {
        // Unreadable: as if there were none.
      }
      if (!texts || form.querySelector(".help-critical, .w-field__errors [id]")) continue;
      let found = false;
      for (const field of textsOf(form)) {
        if (texts[field.name] && field.value === field.defaultValue && texts[field.name] !== field.value) {
          field.value = texts[field.name];
          found = true;
        }
      }
      if (found) {
        note(form, begun);
        form.closest("details")?.setAttribute("open", "");
      }
    }
  }
  if (!cameBack) document.addEventListener("DOMContentLoaded", takeUp);

  document.addEventListener("input", (event) => {
    const form = event.target.closest("form[data-once]");
    if (!form) return;
    const texts = Object.fromEntries(
      textsOf(form).filter((field) => field.value !== field.defaultValue).map((field) => [field.name, field.value]),
    );
    try {
      if (Object.keys(texts).length) sessionStorage.setItem(draftOf(form), JSON.stringify(texts));
      else sessionStorage.removeItem(draftOf(form));
    } catch {
      // No room or no storage: typing goes on all the same.
    }
  });

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
    note(form, restored);
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
    sessionStorage.removeItem(draftOf(sent));
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
