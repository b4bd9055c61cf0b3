// Fields that are shown only when others say so: data-show-if holds the condition as data, never code.
import { all } from "./dom.js";

for (const kind of ["input", "change"]) document.addEventListener(kind, (event) => event.target.form && refresh(event.target.form));
document.addEventListener("rows:changed", () => all("form").forEach(refresh));

/** Show and hide what depends on other fields. What is hidden counts as empty for the others. */
export function refresh(form) {
  const dependent = all("[data-show-if]", form);
  for (let round = 0; round < 5; round++) {
    const changed = dependent.filter((field) => {
      const isHidden = !holds(JSON.parse(field.dataset.showIf), form);
      if (field.hidden === isHidden) return false;
      field.hidden = isHidden;
      return true;
    });
    if (!changed.length) return;
  }
}

function holds(condition, form) {
  if (condition.all) return condition.all.every((part) => holds(part, form));
  if (condition.any) return condition.any.some((part) => holds(part, form));
  if (condition.not) return !holds(condition.not, form);
  const text = valueOf(condition.name, form);
  if (condition.present) return text !== "";
  if (condition.texts) return condition.texts.includes(text);
  return compares(condition.op, text, condition.value);
}

function valueOf(name, form) {
  const control = form.querySelector(`[name="${CSS.escape(name)}"]:not([type=hidden])`);
  if (!control || control.closest("[data-show-if][hidden]")) return "";
  if (control.type === "checkbox") return control.checked ? "true" : "false";
  return control.value.trim();
}

function compares(operator, text, wanted) {
  if (text === "") return false;
  const value = typeof wanted === "number" ? Number(text) : text;
  if (operator === "=") return value === wanted;
  if (operator === "<") return value < wanted;
  if (operator === "<=") return value <= wanted;
  return operator === ">" ? value > wanted : value >= wanted;
}
