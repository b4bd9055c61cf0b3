// The inbox: decisions by key, rows that come and go, focus where it belongs. Beside it: inbox_check.js (values in doubt),
// inbox_drafts.js (what is typed), inbox_undo.js (decisions taken back), inbox_tools.js (people, room, filters, selections).
import { all, isTyping, press } from "./dom.js";
import { singleKeysAreOn } from "./commands.js";
import { goToFirst, showLeft } from "./inbox_check.js";
import { bringBack, forgetEdits, keepRedrawn } from "./inbox_drafts.js";
import { layOut } from "./inbox_tools.js";
import "./inbox_undo.js";

const REFUSED = 422;
const pane = () => document.getElementById("task");

// ---- decisions: digits beside the letters on the buttons; questions asked in place

document.addEventListener(
  "keydown",
  (event) => {
    const ask = event.target.closest?.(".ask-panel")?.closest("details");
    const isSent = event.target.matches?.("input") || event.ctrlKey || event.metaKey;
    if (ask && event.key === "Enter" && isSent) {
      stop(event);
      ask.querySelector("[data-ask-submit]").click();
    } else if (ask && event.key === "Escape") {
      stop(event);
      ask.open = false;
      ask.querySelector("summary").focus();
    }
  },
  { capture: true },
);

// Esc leaves a field of the task for its heading, where the keys are
document.addEventListener(
  "keydown",
  (event) => {
    if (event.key !== "Escape" || event.defaultPrevented || document.querySelector("dialog[open], details.menu[open]")) return;
    if (!isTyping(event.target) || !event.target.closest("#task") || event.target.closest(".ask-panel")) return;
    stop(event);
    document.getElementById("task-title")?.focus();
  },
  { capture: true },
);

// before the keys of all pages: there, Enter opens a row of the list
document.addEventListener(
  "keydown",
  (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    if (document.querySelector("dialog[open]")) return;
    if (event.key === "Enter" && isAtHeading(event.target)) {
      stop(event);
      if (!event.repeat) goToFirst();
    } else if (/^[1-9]$/.test(event.key) && singleKeysAreOn() && !event.repeat) {
      const decision = pane()?.querySelector(`[data-digit="${event.key}"]:not(:disabled)`);
      if (!decision) return;
      event.preventDefault(); // the digit is a choice, not the beginning of the answer
      press(decision);
    }
  },
  { capture: true },
);

document.addEventListener(
  "toggle",
  (event) => {
    if (!event.target.matches("details.ask") || !event.target.open) return;
    const field = event.target.querySelector("input, textarea");
    if (!isTyping(document.activeElement) || !event.target.contains(document.activeElement)) field?.focus();
  },
  { capture: true },
);

function stop(event) {
  event.preventDefault();
  event.stopImmediatePropagation();
}

/** On its heading, or nowhere yet: a page that was just opened shows a task and has no focus. */
function isAtHeading(target) {
  const isNowhere = target === document.body && !document.querySelector("[data-ui-cursor]");
  return target.id === "task-title" || (isNowhere && Boolean(document.getElementById("task-title")));
}

// ---- list and pane: which task is open, where the focus goes

let isOpenedByKey = false;
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.target.closest?.("#task-list a")) isOpenedByKey = true;
});

document.addEventListener("htmx:after:swap", (event) => {
  if (event.detail.ctx.isLive) return;
  forgetEdits();
  const { sentTask, response } = event.detail.ctx;
  if (sentTask) markLeft(sentTask);
  showOpen();
  showLeft();
  layOut();
  if (sentTask && response?.status === REFUSED) keepRedrawn();
  else bringBack();
  reopenRefusedQuestion();
  if (isOpenedByKey) document.getElementById("task-title")?.focus();
  isOpenedByKey = false;
});
document.addEventListener("live:applied", () => {
  showOpen();
  closeIfDecided();
});

/**
 * The new pane stands beside the old one for a moment, and of two open <details> with one name the
 * browser closes the newer: a question that was refused would vanish, and what is typed next would
 * be taken for shortcuts.
 */
function reopenRefusedQuestion() {
  const refused = pane()?.querySelector("details.ask [aria-invalid=true]");
  if (!refused) return;
  refused.closest("details").open = true;
  refused.focus();
}

// ---- what was decided leaves the list by the live connection; where there is one, the answer need not carry the list

document.addEventListener("htmx:config:request", ({ detail }) => {
  detail.ctx.request.headers["X-Live-State"] = window.controlroomLive?.state ?? "";
});
document.addEventListener("htmx:before:request", ({ detail }) => {
  if (detail.ctx.request.method !== "GET") detail.ctx.sentTask = pane()?.dataset.task;
});

function markLeft(sentTask) {
  const row = sentTask !== pane()?.dataset.task && document.getElementById(`t-${sentTask}`);
  if (row && !row.closest(".pending")) row.setAttribute("data-ui-leaving", "");
}

function showOpen() {
  const open = pane()?.dataset.task;
  for (const link of all("#task-list [data-row] > a")) {
    if (link.parentElement.id === `t-${open}`) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
}

/** Somebody else has decided what is open here: the form can't be sent any more. */
function closeIfDecided() {
  if (!pane()?.querySelector("#task-head [data-closed]")) return;
  for (const button of all(".decision-bar button", pane())) button.disabled = true;
}

// ---- phones show the list or the task: the address says which

document.addEventListener("htmx:after:history:push", () => {
  const split = document.querySelector(".split.inbox");
  split.dataset.open = pane()?.dataset.task && location.pathname !== "/inbox/" ? "task" : "list";
  if (matchMedia("(max-width: 860px)").matches) scrollTo({ top: 0 });
});

showOpen();
bringBack();
