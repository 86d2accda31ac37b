// In the builder of forms: a condition names its question from a list of the questions that stand earlier, so that
// nobody meets an id. Without this script the id can be typed. What is allowed is decided by the compiler.
(() => {
  class Question extends window.StimulusModule.Controller {
    connect() {
      this.select = document.createElement("select");
      this.select.setAttribute("aria-label", this.element.dataset.label);
      this.element.hidden = true;
      this.element.after(this.select);
      this.fill();
      this.select.addEventListener("focus", () => this.fill());
      this.select.addEventListener("change", () => {
        this.element.value = this.select.value;
        this.element.dispatchEvent(new Event("change", { bubbles: true }));
      });
    }

    disconnect() {
      this.select.remove();
      this.element.hidden = false;
    }

    fill() {
      const chosen = this.element.value;
      this.select.replaceChildren(new Option(this.element.dataset.empty, ""));
      const own = this.element.name.replace(/-value-condition-.*$/, "");
      for (const label of document.querySelectorAll('[name$="-value-label-pl"]')) {
        const prefix = label.name.replace(/-value-label-pl$/, "");
        const earlier = this.element.compareDocumentPosition(label) & Node.DOCUMENT_POSITION_PRECEDING;
        const id = document.querySelector(`[name="${prefix}-id"]`);
        const deleted = document.querySelector(`[name="${prefix}-deleted"]`);
        if (!earlier || prefix === own || !id || !id.value || (deleted && deleted.value)) continue;
        this.select.add(new Option(label.value || id.value, id.value));
      }
      if (chosen && ![...this.select.options].some((option) => option.value === chosen)) {
        this.select.add(new Option(`${this.element.dataset.missing} (${chosen})`, chosen));
      }
      this.select.value = chosen;
    }
  }
  window.wagtail.app.register("obieg-question", Question);
})();
