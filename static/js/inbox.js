// The inbox: drafts that save themselves, rows that come and go, decisions by key, focus where it belongs.
import { all, isTyping, press } from "./dom.js";
import { singleKeysAreOn } from "./commands.js";
import { goTo } from "./schema_form.js";

const SAVE_AFTER_MS = 600;

const pane = () => document.getElementById("task");
const taskForm = () => document.getElementById("task-form");

// ---- drafts: what is typed is kept by the server, by task and person

let saveTimer = 0;
let edited = null; // the form with changes that are not kept yet

for (const kind of ["input", "change"]) {
  document.addEventListener(kind, (event) => taskForm()?.contains(event.target) && keepSoon());
}
document.addEventListener("rows:changed", keepSoon);
addEventListener("pagehide", () => edited && keep({ isLeaving: true }));

function keepSoon() {
  edited = taskForm();
  sayState("");
  clearTimeout(saveTimer);
  saveTimer = setTimeout(keep, SAVE_AFTER_MS);
}

async function keep({ isLeaving = false } = {}) {
  const form = edited;
  forgetEdits();
  if (!form?.isConnected || form.matches(".htmx-request")) return;
  const headers = { "X-CSRFToken": document.querySelector("meta[name=csrf-token]").content, "X-Requested-By": "draft" };
  try {
    const answer = await fetch(form.dataset.draftUrl, { method: "POST", body: new URLSearchParams(new FormData(form)), headers, keepalive: isLeaving });
    sayState(answer.status === 204 ? form.dataset.saved : form.dataset.notSaved);
  } catch {
    edited = form;
    sayState(form.dataset.notSaved);
  }
}

function forgetEdits() {
  clearTimeout(saveTimer);
  edited = null;
}

function sayState(text) {
  const state = taskForm()?.querySelector("[data-draft-state]");
  if (state && state.textContent !== text) state.textContent = text;
}

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

// before the keys of all pages: there, Enter opens a row of the list
document.addEventListener(
  "keydown",
  (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    if (document.querySelector("dialog[open]")) return;
    if (event.key === "Enter" && event.target.id === "task-title") {
      stop(event);
      goTo(firstField());
    } else if (/^[1-9]$/.test(event.key) && singleKeysAreOn()) {
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

// ---- going to a field: the doubtful one first

function firstField() {
  const fields = "input:not([type=hidden], [readonly]), select, textarea";
  const form = taskForm();
  return form?.querySelector(`.is-doubtful :is(${fields})`) ?? form?.querySelector(`.task-fields :is(${fields}):not(:disabled)`);
}

// ---- list and pane: which task is open, where the focus goes

let isOpenedByKey = false;
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.target.closest?.("#task-list a")) isOpenedByKey = true;
});

document.addEventListener("htmx:after:swap", (event) => {
  if (event.detail.ctx.isLive) return;
  if (!edited?.isConnected) forgetEdits();
  showOpen();
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
