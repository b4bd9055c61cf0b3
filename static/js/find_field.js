// Long forms: typing part of a name leaves only the fields that have it; Enter goes to the first.
import { all } from "./dom.js";
import { goTo } from "./go_to.js";

const LEAF = "[data-leaf]";
const AROUND = ".form-section, .form-group, .form-rows, .form-more, .form-row";

document.addEventListener("input", (event) => {
  const box = event.target.closest?.("[data-find-field]");
  if (box) narrow(box);
});

document.addEventListener(
  "keydown",
  (event) => {
    const box = event.target.closest?.("[data-find-field]");
    if (!box || !["Enter", "Escape"].includes(event.key) || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const first = event.key === "Enter" && box.value.trim() && all(LEAF, box.form).find((leaf) => !("uiMissed" in leaf.dataset) && !leaf.hidden);
    box.value = "";
    narrow(box);
    if (first) goTo(first);
  },
  { capture: true },
);

function narrow(box) {
  const wanted = box.value.trim().toLowerCase();
  let found = 0;
  for (const leaf of all(LEAF, box.form)) {
    const isIn = !wanted || nameOf(leaf).includes(wanted);
    leaf.toggleAttribute("data-ui-missed", !isIn);
    found += isIn ? 1 : 0;
  }
  for (const group of all(AROUND, box.form)) {
    const hasAny = Boolean(group.querySelector(`${LEAF}:not([data-ui-missed])`));
    group.toggleAttribute("data-ui-missed", Boolean(wanted) && !hasAny);
    if (wanted && hasAny && group.matches("details")) group.open = true;
  }
  const none = box.parentElement.querySelector("[data-find-none]");
  if (none) none.hidden = found > 0;
}

const nameOf = (leaf) => (leaf.querySelector("label, .field-name")?.textContent ?? "").toLowerCase();
