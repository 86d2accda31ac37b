// "Was this page helpful?" answered without leaving the page. Without this file the form is simply sent.
export function helpful() {
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.matches("[data-helpful]") || !event.submitter) return;
    event.preventDefault();
    const data = new URLSearchParams(new FormData(form, event.submitter));
    try {
      const answer = await fetch(form.action, { method: "POST", body: data, headers: { "X-Part": "1" } });
      if (!answer.ok && answer.status !== 429) throw new Error(String(answer.status));
      const part = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-helpful-part]");
      if (!part) throw new Error("no part");
      const next = document.importNode(part, true);
      next.setAttribute("tabindex", "-1");
      form.replaceWith(next);
      next.focus();
    } catch {
      // Sent as the browser does without us. `submit()` does not say which button was pressed.
      const answer = document.createElement("input");
      answer.type = "hidden";
      answer.name = event.submitter.name;
      answer.value = event.submitter.value;
      form.append(answer);
      form.submit();
    }
  });
}
