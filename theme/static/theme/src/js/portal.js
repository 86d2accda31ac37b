// Comfort only: every page works without this file.
import { ErrorSummary } from "govuk-frontend/dist/govuk/components/error-summary/error-summary.mjs";
import { alertClosers } from "./alerts.js";
import { countCharacters, digitsOnly } from "./fields.js";
import { fileLists } from "./files.js";
import { copyButtons, doubleSubmitGuard, tabs, unsavedGuard } from "./comfort.js";
import { helpful } from "./helpful.js";
import { keepTyped } from "./keep.js";
import { sessionWarning } from "./session.js";
import { themeSwitch } from "./theme.js";

function start(scope) {
  for (const element of scope.querySelectorAll("[data-error-summary]:not([data-govuk-error-summary-init])")) {
    new ErrorSummary(element);
  }
  countCharacters(scope);
  digitsOnly(scope);
  fileLists(scope);
  copyButtons(scope);
  tabs(scope);
}

// govuk-frontend's modules look for this mark of a browser that can run them.
document.body.classList.add("govuk-frontend-supported");
start(document);
doubleSubmitGuard();
unsavedGuard();
helpful();
keepTyped();
sessionWarning();
themeSwitch();
alertClosers();
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) window.print();
});
document.addEventListener("htmx:load", (event) => start(event.target));
