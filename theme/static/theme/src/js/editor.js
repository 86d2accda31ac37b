// Wagtail's page editor saves by itself while somebody works. Two things go wrong when that meets a press or a question:
// a press that does not wait for the first save makes a second page with the same address, which is refused; and an
// answer to "who else edits this page?" that was under way during a save names that save as somebody else's.
const BUTTONS = '[data-edit-form] button[type="submit"], [data-edit-form] [data-workflow-action-name]';
const LONGEST_WAIT = 10_000;

let saving = false;
let saves = 0; // beginnings and ends of saves
let leaving = false;
let held = null;
let timer = null;

function go() {
  clearTimeout(timer);
  const button = held;
  held = null;
  if (!button) return;
  button.removeAttribute("aria-busy");
  if (button.isConnected) button.click();
}

document.addEventListener("w-autosave:save", (event) => {
  if (leaving) {
    event.preventDefault(); // the press sends everything
    return;
  }
  saving = true;
  saves += 1;
}, true);

for (const end of ["w-autosave:success", "w-autosave:error"]) {
  document.addEventListener(end, () => {
    saving = false;
    saves += 1;
    go();
  });
}

document.addEventListener("click", (event) => {
  const button = event.target.closest(BUTTONS);
  if (!button) return;
  if (!saving) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (held) return;
  held = button;
  button.setAttribute("aria-busy", "true");
  timer = setTimeout(() => {
    saving = false; // no answer: the press decides, as it would without this file
    go();
  }, LONGEST_WAIT);
}, true);

document.addEventListener("submit", (event) => {
  if (event.target.matches("[data-edit-form]") && !event.defaultPrevented) leaving = true;
});
window.addEventListener("pageshow", () => { leaving = false; });

const asked = new WeakMap();
const isSessions = (element) => element instanceof Element && element.matches(".w-editing-sessions");

document.addEventListener("w-session:ping", (event) => {
  if (isSessions(event.target)) asked.set(event.target, saves);
}, true);

document.addEventListener("w-swap:json", (event) => {
  const { target, detail } = event;
  if (!isSessions(target) || (!saving && asked.get(target) === saves)) return;
  detail.data.other_sessions = []; // asked again within ten seconds
  detail.data.html = document.getElementById("w-editing-sessions")?.innerHTML ?? "";
}, true);

// In a list the text editor keeps Tab for itself (it moves the item), so who has no mouse could not leave it (WCAG
// 2.1.2). After Escape the next Tab belongs to the page again.
const TEXT = ".public-DraftEditor-content";
let leavesText = false;

window.addEventListener("keydown", (event) => {
  if (!(event.target instanceof Element) || !event.target.closest(TEXT)) return;
  if (event.key === "Tab" && leavesText) event.stopImmediatePropagation();
  leavesText = event.key === "Escape" || (leavesText && event.key === "Shift");
}, true);
