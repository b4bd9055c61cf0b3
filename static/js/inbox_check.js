// Values in doubt under the keyboard: Enter says that one was looked at and goes to the next, after the last to the
// decisions. What takes the values waits until each was looked at. Which those are: predictions.js.
import { all } from "./dom.js";
import { confirmField, isConfirmed, unconfirmedFields } from "./predictions.js";
import { goTo } from "./go_to.js";
import "./schema_form.js";

const CONTROLS = "input:not([type=hidden], [type=file], [readonly], [data-looked-at]), select, textarea";

const form = () => document.getElementById("task-form");
const fieldsArea = () => form()?.querySelector(".task-fields");

/** All that is framed, from top to bottom: what a model was not sure of, and where the bot stopped. */
const framed = () => all(".is-doubtful", fieldsArea() ?? document.createElement("i")).filter((field) => !field.querySelector(".is-doubtful"));
const isLookedAt = (field) => ("doubtful" in field.dataset ? isConfirmed(field) : "uiSeen" in field.dataset);
const left = () => framed().filter((field) => !isLookedAt(field));
/** Those without which the server takes no decision. */
const mustCheck = () => (fieldsArea() ? unconfirmedFields(fieldsArea()) : []);

/** Go to the first value that wants a look, else to the first field. */
export function goToFirst() {
  const field = left()[0] ?? framed()[0];
  if (field) enter(field);
  else goTo(all(`:is(${CONTROLS})`, fieldsArea() ?? document.createElement("i")).find((control) => !control.disabled));
}

const enter = (field) => goTo(field);

function confirm(field) {
  if ("doubtful" in field.dataset) confirmField(field);
  else field.dataset.uiSeen = "";
}

function goOn(from) {
  const fields = left();
  const next = fields.find((field) => from.compareDocumentPosition(field) & Node.DOCUMENT_POSITION_FOLLOWING) ?? fields[0];
  if (next) enter(next);
  else decision()?.focus();
}

function decision() {
  const bar = form()?.querySelector(".decision-bar");
  return bar?.querySelector("[data-takes-values]:not(:disabled)") ?? bar?.querySelector(":is([data-decision], summary):not(:disabled)");
}

// Held down, Enter would say yes to values that nobody saw. Shift+Enter is a new line, and buttons stay buttons.
document.addEventListener(
  "keydown",
  (event) => {
    if (event.key !== "Enter" || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.repeat && event.target.closest?.("#task") && !event.target.matches("textarea")) return stop(event);
    const field = event.target.matches?.(`${CONTROLS}, [data-looked-at]`) && event.target.closest(".task-fields .is-doubtful");
    if (!field || event.shiftKey) return;
    stop(event);
    if (event.repeat) return;
    confirm(field);
    goOn(field);
  },
  { capture: true },
);

document.addEventListener(
  "click",
  (event) => {
    const button = event.target.closest?.(".decision-bar [data-takes-values]");
    const [first] = button ? mustCheck() : [];
    if (!first) return;
    stop(event);
    enter(first);
  },
  { capture: true },
);

/** Say in words, beside the decisions, how many are left. */
export function showLeft() {
  const place = form()?.querySelector("[data-check-left]");
  if (!place) return;
  const n = mustCheck().length;
  const { one, many, none } = place.dataset;
  const text = n ? (n === 1 ? one : many.replace("{n}", n)) : fieldsArea().querySelector("[data-doubtful]") ? none : "";
  if (place.textContent === (n ? `${text} Enter` : text)) return;
  place.textContent = text;
  if (n) place.append(" ", Object.assign(document.createElement("kbd"), { textContent: "Enter" }));
}

document.addEventListener("change", ({ target }) => target.closest?.(".task-fields [data-doubtful]") && showLeft());
document.addEventListener("predictions:changed", showLeft);

function stop(event) {
  event.preventDefault();
  event.stopImmediatePropagation();
}

showLeft();
