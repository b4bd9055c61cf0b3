// The inbox: drafts that save themselves, rows that come and go, decisions by key, focus where it belongs.
import { all, isTyping } from "./dom.js";
import { singleKeysAreOn } from "./commands.js";

const SAVE_AFTER_MS = 600;

const pane = () => document.getElementById("task");
const taskForm = () => document.getElementById("task-form");

// ---- drafts: what is typed is kept by the server, by task and person

let saveTimer = 0;
let isDirty = false;

document.addEventListener("input", (event) => {
  if (taskForm()?.contains(event.target)) keepSoon();
});
document.addEventListener("change", (event) => {
  if (taskForm()?.contains(event.target)) keepSoon();
});
addEventListener("pagehide", () => isDirty && keep({ isLeaving: true }));

function keepSoon() {
  isDirty = true;
  sayState("");
  clearTimeout(saveTimer);
  saveTimer = setTimeout(keep, SAVE_AFTER_MS);
}

async function keep({ isLeaving = false } = {}) {
  clearTimeout(saveTimer);
  const form = taskForm();
  if (!form?.dataset.draftUrl || form.matches(".htmx-request")) return;
  isDirty = false;
  const headers = { "X-CSRFToken": document.querySelector("meta[name=csrf-token]").content, "X-Requested-By": "draft" };
  try {
    const answer = await fetch(form.dataset.draftUrl, { method: "POST", body: new URLSearchParams(new FormData(form)), headers, keepalive: isLeaving });
    sayState(answer.status === 204 ? form.dataset.saved : form.dataset.notSaved);
  } catch {
    isDirty = true;
    sayState(form.dataset.notSaved);
  }
}

function sayState(text) {
  const state = taskForm()?.querySelector("[data-draft-state]");
  if (state && state.textContent !== text) state.textContent = text;
}

// ---- rows of a list: added from a template, removed in place; without this script it is a round trip

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-rows-add], [data-rows-remove]");
  if (!button) return;
  event.preventDefault();
  if (button.matches("[data-rows-add]")) addRow(button.closest("[data-rows]"));
  else removeRow(button.closest("[data-row-key]"));
  keepSoon();
});

let rowsAdded = 0;

function addRow(area) {
  const list = part(area, "[data-rows-list]");
  const blank = part(area, "[data-rows-blank]");
  const key = `n${Date.now().toString(36).slice(-8)}${(rowsAdded++ % 36).toString(36)}`;
  const html = blank.innerHTML.replaceAll(area.dataset.placeholder, key);
  list.insertAdjacentHTML("beforeend", html);
  countRows(area);
  list.lastElementChild.querySelector("input:not([type=hidden]), select, textarea")?.focus();
}

function removeRow(row) {
  const area = row.closest("[data-rows]");
  const neighbour = row.nextElementSibling ?? row.previousElementSibling;
  row.remove();
  countRows(area);
  (neighbour?.querySelector(":scope > [data-rows-remove]") ?? part(area, "[data-rows-add]")).focus();
}

function countRows(area) {
  const rows = [...part(area, "[data-rows-list]").children];
  rows.forEach((row, index) => {
    const number = row.querySelector(":scope > details > summary > .form-row-number");
    if (number) number.textContent = index + 1;
  });
  part(area, "[data-rows-count]").textContent = rows.length;
  part(area, "[data-rows-add]").disabled = rows.length >= Number(area.dataset.most);
}

/** The area's own part, not that of a list within one of its rows. */
const part = (area, selector) => all(selector, area).find((element) => element.closest("[data-rows]") === area);

// ---- decisions: digits beside the letters on the buttons; questions asked in place

document.addEventListener(
  "keydown",
  (event) => {
    const ask = event.target.closest?.(".ask-panel")?.closest("details");
    if (ask && event.key === "Enter" && event.target.matches("input")) {
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

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  if (document.querySelector("dialog[open]") || !singleKeysAreOn()) return;
  if (/^[1-9]$/.test(event.key)) {
    const decision = pane()?.querySelector(`[data-digit="${event.key}"]:not(:disabled)`);
    if (!decision) return;
    event.preventDefault();
    decision.click();
  } else if (event.key === "Enter" && event.target.id === "task-title") {
    event.preventDefault();
    goTo(firstField());
  }
});

document.addEventListener(
  "toggle",
  (event) => {
    if (event.target.matches("details.ask") && event.target.open) event.target.querySelector("input")?.focus();
  },
  { capture: true },
);

function stop(event) {
  event.preventDefault();
  event.stopImmediatePropagation();
}

// ---- going to a field: the doubtful one, or one of the error summary

document.addEventListener("click", (event) => {
  const link = event.target.closest("#task a[data-goto], #task .error-summary a");
  const place = link && document.getElementById(decodeURIComponent(link.hash.slice(1)));
  if (!place) return;
  event.preventDefault();
  goTo(place);
});

function goTo(place) {
  if (!place) return;
  for (let box = place.closest("details:not([open])"); box; box = box.parentElement.closest("details:not([open])")) box.open = true;
  const field = place.matches("input, select, textarea, button") ? place : place.querySelector("input:not([type=hidden]), select, textarea, button");
  (field ?? place).focus();
  if (field?.select && field.type === "text") field.select();
}

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
  isDirty = false;
  showOpen();
  if (isOpenedByKey) document.getElementById("task-title")?.focus();
  isOpenedByKey = false;
});
document.addEventListener("live:applied", () => {
  showOpen();
  closeIfDecided();
});

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

document.addEventListener("htmx:after:swap", (event) => {
  const { ctx } = event.detail;
  if (ctx.isLive || ctx.target?.id !== "task" || !matchMedia("(max-width: 860px)").matches) return;
  scrollTo({ top: 0 });
});
new MutationObserver(() => {
  const split = document.querySelector(".split.inbox");
  if (split && pane() && split.dataset.shown !== pane().dataset.task) {
    if (split.dataset.shown !== undefined) split.dataset.open = pane().dataset.task ? "task" : "list";
    split.dataset.shown = pane().dataset.task ?? "";
  }
}).observe(document.getElementById("main"), { childList: true, subtree: true });

showOpen();
