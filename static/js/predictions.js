// What a model read, in a form: which doubtful fields were looked at, and what differs from what it read.
// A doubtful field is [data-doubtful][data-path]; it counts as looked at when its box is ticked or its value changed.
import { all } from "./dom.js";

const CONTROLS = "input:not([type=hidden], [data-looked-at]), select:not([name^='correction:']), textarea";

/** The doubtful fields of `root`, from top to bottom. */
export const doubtfulFields = (root = document) => all("[data-doubtful]", root);

/** Those that nobody has looked at yet. */
export const unconfirmedFields = (root = document) => doubtfulFields(root).filter((field) => !isConfirmed(field));

export const isConfirmed = (field) => Boolean(tick(field)?.checked) || "changed" in field.dataset;

/** Say that a doubtful field was looked at (or not): the box is ticked, and the form hears of it. */
export function confirmField(field, isLookedAt = true) {
  const box = tick(field);
  if (!box || box.checked === isLookedAt) return;
  box.checked = isLookedAt;
  box.dispatchEvent(new Event("change", { bubbles: true }));
}

/** The control in which the value of a field is changed; null where it can't be. */
export const controlOf = (field) => all(CONTROLS, field).find((control) => control.closest("[data-path]") === field) ?? null;

/** The field that holds a control, or has that dotted path. */
export const fieldOf = (element) => element.closest?.("[data-path]") ?? null;
export const fieldAt = (path, root = document) => root.querySelector(`[data-path="${CSS.escape(path)}"]`);

function tick(field) {
  return all("[data-looked-at]", field).find((box) => box.closest("[data-path]") === field);
}

// ---- what differs from what was read

for (const kind of ["input", "change"]) document.addEventListener(kind, compare);

function compare(event) {
  const field = fieldOf(event.target);
  if (!field || event.target !== controlOf(field)) return;
  if (field.dataset.aiText === undefined) return;
  const isChanged = textOf(event.target) !== evenLines(field.dataset.aiText);
  if (isChanged === "changed" in field.dataset) return;
  if (isChanged) field.dataset.changed = "";
  else delete field.dataset.changed;
  const note = field.querySelector("[data-ai-diff]");
  if (note) note.hidden = !isChanged;
  if (isChanged) offerReasons(field);
  document.dispatchEvent(new CustomEvent("predictions:changed", { detail: { field } }));
}

function textOf(control) {
  if (control.type === "checkbox") return control.checked ? "true" : "false";
  return evenLines(control.value);
}

const evenLines = (text) => text.replaceAll("\r\n", "\n").trim();

/** A quiet field gets its question when it is first needed: a form may have hundreds of them. */
function offerReasons(field) {
  const blank = document.querySelector("template[data-ai-reasons]");
  if (!blank || field.querySelector("[data-ai-reason]") || field.matches("[data-blind]")) return;
  const place = document.createElement("div");
  place.className = "ai-reason";
  place.dataset.aiReason = "";
  place.append(blank.content.cloneNode(true));
  const id = `${controlOf(field).id}-why`;
  const select = place.querySelector("select");
  select.name = `correction:${field.dataset.path}`;
  select.id = id;
  place.querySelector("label").htmlFor = id;
  field.append(place);
}
