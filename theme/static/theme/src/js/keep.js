// A part of a form that the server draws anew must not lose what was typed while the answer was on its way.
const SKIPPED = new Set(["hidden", "submit", "button", "reset", "image"]);

const isChoice = (field) => field.type === "radio" || field.type === "checkbox";
const keyOf = (field) => [field.tagName, field.type, field.name, isChoice(field) ? field.value : ""].join("\n");
const fieldsOf = (part) =>
  [...part.querySelectorAll("input[name], select[name], textarea[name]")].filter((field) => !SKIPPED.has(field.type));

function putBack(field, typed) {
  if (isChoice(field)) {
    field.checked = typed.checked;
  } else if (field.type === "file") {
    if (typed.files.length) field.files = typed.files;
  } else if (field.tagName === "SELECT") {
    if ([...field.options].some((option) => option.value === typed.value)) field.value = typed.value;
  } else {
    field.value = typed.value;
  }
}

export function keepTyped() {
  let typed = new Map();
  document.addEventListener("htmx:beforeSwap", (event) => {
    // Copies, not the fields: a radio button is unchecked by its successor the moment that one is inserted.
    typed = new Map(
      fieldsOf(event.detail.target).map((field) => {
        const { checked, files, value } = field;
        return [keyOf(field), { checked, files, value }];
      }),
    );
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    for (const field of fieldsOf(event.target)) {
      const before = typed.get(keyOf(field));
      if (before) putBack(field, before);
    }
  });
}
