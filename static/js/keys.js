// Single-key shortcuts: data-key="r" on a control, "g q" for two keys in a row.
// They can be switched off (WCAG 2.1.4) and never fire while someone types.
import { activeScope, all, isSlider, isTyping, isVisible, press as pressControl } from "./dom.js";
import { run, singleKeysAreOn } from "./commands.js";
import { cursorRow, moveCursor, openCursorRow, openRowMenu, selectCursorRow } from "./lists.js";

const SEQUENCE_MS = 1200;
const REPEATABLE = new Set(["j", "k"]);
let prefix = "";
let prefixTimer = 0;

const listKeys = {
  j: () => moveCursor(1),
  k: () => moveCursor(-1),
  x: () => selectCursorRow(false),
  X: () => selectCursorRow(true),
  ".": openRowMenu,
  "/": focusFilter,
  Enter: () => !isControl(document.activeElement) && openCursorRow(),
  Escape: leave,
};

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (isTyping(event.target) && !(isSlider(event.target) && event.key.length === 1)) {
    if (event.key === "Escape") leaveField(event.target);
    return;
  }
  if (!singleKeysAreOn() && event.key !== "Escape") return;
  if (event.repeat && !REPEATABLE.has(event.key)) return; // a key held down does its work once
  if (event.key === " " && event.target.closest("button, summary, input, [role=button]")) return; // it is their own key
  if (press(event.key)) event.preventDefault();
});

document.addEventListener("keydown", (event) => {
  if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "k") return;
  event.preventDefault();
  run("palette");
});

function press(key) {
  const sequence = prefix ? `${prefix} ${key}` : key;
  setPrefix("");
  const control = controlFor(sequence);
  if (control) {
    pressControl(control);
    return true;
  }
  if (startsSequence(key)) {
    setPrefix(key);
    return true;
  }
  return activeScope() === document && Boolean(listKeys[key]?.());
}

/** The cursor row's own controls come first; those of other rows never answer. */
function controlFor(key) {
  const matches = all(`[data-key="${CSS.escape(key)}"]`, activeScope()).filter((control) => isVisible(control) && !control.disabled);
  const row = cursorRow();
  return matches.find((control) => row?.contains(control)) ?? matches.find((control) => !control.closest("[data-row]"));
}

const startsSequence = (key) => key.length === 1 && Boolean(activeScope().querySelector(`[data-key^="${CSS.escape(key)} "]`));

function setPrefix(key) {
  prefix = key;
  clearTimeout(prefixTimer);
  if (key) prefixTimer = setTimeout(() => (prefix = ""), SEQUENCE_MS);
}

const isControl = (element) => Boolean(element?.matches?.("a[href], button, summary, input, [role=button]"));

function focusFilter() {
  const filter = all("[data-filter]").find(isVisible);
  filter?.focus();
  filter?.select();
  return Boolean(filter);
}

function leave() {
  const back = all("a[data-back]").find(isVisible);
  back?.click();
  return Boolean(back);
}

/** Esc leaves the field, not the page: the focus stays near, on the form's heading or the main area. */
function leaveField(field) {
  if (field.closest("dialog")) return;
  const heading = field.closest("section, article, form, main")?.querySelector("h1, h2");
  if (heading) {
    heading.tabIndex = -1;
    heading.focus({ preventScroll: true });
  } else {
    field.blur();
  }
}
