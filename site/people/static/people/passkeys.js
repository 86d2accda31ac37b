// A passkey is made or asked for by the browser; the answer goes to the server in a hidden field of the form.
// <form data-passkey="add|use|login">: `use` and `add` find the question in #passkey-data, `login` asks for it by GET.
(function () {
  "use strict";
  const toBytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const toText = (buffer) => {
    let text = "";
    for (const byte of new Uint8Array(buffer)) text += String.fromCharCode(byte);
    return btoa(text).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  };
  const keys = (list) => (list || []).map((key) => ({ ...key, id: toBytes(key.id) }));

  async function made(options) {
    const question = { ...options, challenge: toBytes(options.challenge), user: { ...options.user, id: toBytes(options.user.id) },
      excludeCredentials: keys(options.excludeCredentials),
      authenticatorSelection: { ...options.authenticatorSelection, residentKey: "required", requireResidentKey: true, userVerification: "required" } };
    const key = await navigator.credentials.create({ publicKey: question });
    return { type: key.type, id: key.id, rawId: toText(key.rawId), clientExtensionResults: key.getClientExtensionResults(),
      response: { clientDataJSON: toText(key.response.clientDataJSON), attestationObject: toText(key.response.attestationObject),
        transports: key.response.getTransports ? key.response.getTransports() : [] } };
  }

  async function shown(options) {
    const question = { ...options, challenge: toBytes(options.challenge), allowCredentials: keys(options.allowCredentials) };
    const key = await navigator.credentials.get({ publicKey: question });
    const given = key.response;
    return { type: key.type, id: key.id, rawId: toText(key.rawId), clientExtensionResults: key.getClientExtensionResults(),
      response: { clientDataJSON: toText(given.clientDataJSON), authenticatorData: toText(given.authenticatorData),
        signature: toText(given.signature), userHandle: given.userHandle ? toText(given.userHandle) : null } };
  }

  async function questionOf(form) {
    const place = document.getElementById("passkey-data");
    if (form.dataset.passkey !== "login") return JSON.parse(place.textContent);
    const answer = await fetch(form.action, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error("no question");
    return answer.json();
  }

  async function run(form) {
    const question = await questionOf(form);
    return question.creation_options ? made(question.creation_options.publicKey) : shown(question.request_options.publicKey);
  }

  function say(form, text) {
    const place = form.querySelector("[data-passkey-said]");
    place.textContent = text;
    place.hidden = false;
  }

  for (const form of document.querySelectorAll("form[data-passkey]")) {
    const button = form.querySelector("[data-passkey-go]");
    if (!window.PublicKeyCredential) {
      button.disabled = true;
      say(form, form.dataset.unsupported);
      continue;
    }
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (button.getAttribute("aria-busy")) return;
      button.setAttribute("aria-busy", "true");
      try {
        form.querySelector("[name=credential]").value = JSON.stringify(await run(form));
        HTMLFormElement.prototype.submit.call(form);
      } catch (error) {
        button.removeAttribute("aria-busy");
        say(form, error.name === "InvalidStateError" ? form.dataset.known : form.dataset.failed);
        button.focus();
      }
    });
  }
})();
