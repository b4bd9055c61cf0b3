// Puts frames on the page, once per animation frame, by a morph that keeps focus, caret and typed text.
// What a person is using waits: see live_hold.js for lists, mustWait() for fields, dialogs and selections.
import { all, isTyping } from "./dom.js";
import { holdRows, heldCount, isHeld, release, showNewPill } from "./live_hold.js";
import { command } from "./commands.js";

const MOST_FRAGMENTS = 60;
const MOST_LATENCIES = 500;
const LOOK_AGAIN_MS = 400;
const SAY_CHANGED_AFTER_MS = 4_000;

/** What the page shows, by fragment: a hash, or the cursor of what only grows. Told to the server as "have". */
export const have = new Map();
export const latencies = [];

const known = new WeakSet(); // elements whose content `have` speaks of
const queued = new Map(); // fragment → newest html/gone op not yet applied
const waiting = new Map(); // fragment → {op, since}: in use when it came
let queuedData = [];
let sentAt = [];
let isScheduled = false;
let lookAgain = 0;

/** Return the ids of the fragments on the page, each once. */
export function fragmentsOnPage() {
  const elements = all("[data-live], [data-live-data]");
  for (const element of elements) if (!known.has(element)) getToKnow(element);
  return [...new Set(elements.map(idOf))].slice(0, MOST_FRAGMENTS);
}

const idOf = ({ dataset }) => dataset.live ?? dataset.liveData;

/** New markup says itself how new it is; without a word of that, the server decides. */
function getToKnow(element) {
  known.add(element);
  const { liveHash, liveCursor } = element.dataset;
  if (liveHash || liveCursor) have.set(idOf(element), liveHash || liveCursor);
  else have.delete(idOf(element));
}

export function applyFrame({ ts, ops }) {
  for (const op of ops) {
    if (op.k === "data") queuedData.push(op);
    else queued.set(op.f, op);
  }
  if (!document.hidden) sentAt.push(ts); // nothing is painted in a hidden tab
  if (isScheduled) return;
  isScheduled = true;
  requestAnimationFrame(flush);
}

function flush() {
  isScheduled = false;
  const ops = [...queued.values()];
  const data = queuedData;
  queued.clear();
  queuedData = [];
  for (const op of ops) apply(op);
  for (const op of data) hand(op);
  for (const ts of sentAt) latencies.push(Date.now() - ts);
  sentAt = [];
  latencies.splice(0, latencies.length - MOST_LATENCIES);
  dispatch("live:applied", { fragments: ops.map(({ f }) => f) });
}

function hand({ f, d }) {
  if (d.cursor) have.set(f, d.cursor);
  dispatch("live:data", { fragment: f, data: d });
}

const dispatch = (name, detail) => document.dispatchEvent(new CustomEvent(name, { detail }));

function apply(op, { byForce = false } = {}) {
  const elements = all(`[data-live="${CSS.escape(op.f)}"]`);
  if (!byForce && elements.some(mustWait)) {
    waiting.set(op.f, { op, since: waiting.get(op.f)?.since ?? Date.now() });
    lookAgainSoon();
    return;
  }
  waiting.delete(op.f);
  for (const element of elements) {
    if (op.k === "gone") element.setAttribute("data-ui-leaving", "");
    else morph(element, op, byForce);
  }
  if (op.hash && !isHeld(op.f)) have.set(op.f, op.hash);
  if (isHeld(op.f)) lookAgainSoon();
}

function morph(element, op, byForce) {
  element.removeAttribute("data-ui-leaving");
  if (byForce) release(op.f, element);
  const text = byForce ? op.html : holdRows(element, op);
  window.htmx.swap({ sourceElement: element, target: element, swap: "innerMorph", text, transition: false, isLive: true });
}

/** Who has typed a filter looks at what it finds: a morph leaves the field and its caret as they are. */
const isSettledFilter = (field) => field.matches("[data-filter]") && field.value === field.defaultValue;

/** Tell whether a person is using what is inside: typing, an open dialog or menu, marked text. */
function mustWait(element) {
  const active = document.activeElement;
  if (element.contains(active) && isTyping(active) && !isSettledFilter(active)) return true;
  if (element.querySelector("dialog[open], details.menu[open]")) return true;
  if (all("details[open]", element).some((details) => details.contains(active))) return true;
  const selection = getSelection();
  return !selection.isCollapsed && element.contains(selection.anchorNode);
}

// ---- what waits is tried again, and can be asked for

function lookAgainSoon() {
  lookAgain ||= setInterval(tryAgain, LOOK_AGAIN_MS);
  showNewPill(changedForLong());
}

function tryAgain() {
  const ready = [...waiting.values()].map(({ op }) => op);
  const before = waiting.size + heldCount();
  for (const op of ready) apply(op);
  for (const op of release.ready()) apply(op, { byForce: true });
  if (waiting.size + heldCount() < before) dispatch("live:applied", { fragments: [] });
  showNewPill(changedForLong());
  if (waiting.size || heldCount()) return;
  clearInterval(lookAgain);
  lookAgain = 0;
}

const changedForLong = () => [...waiting.values()].some(({ since }) => Date.now() - since > SAY_CHANGED_AFTER_MS);

command("show-new", () => {
  const ops = [...release.all(), ...[...waiting.values()].map(({ op }) => op)];
  for (const op of ops) apply(op, { byForce: true });
  dispatch("live:applied", { fragments: ops.map(({ f }) => f) });
  showNewPill(false);
});

// A <details> stays as its reader left it, whatever the server's markup says.
window.htmx.registerExtension("reader-keeps-open", {
  htmx_before_morph_attr: (element, { attrName }) => !(attrName === "open" && element.matches("details, dialog")),
});
