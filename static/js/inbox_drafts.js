// What is typed is kept: by the server after a short pause, until then in this tab, and the same in all tabs.
// A copy that the server did not get (signed out, no network) is handed in when the task is open again.
import { toast } from "./toasts.js";

const SAVE_AFTER_MS = 600;
const TRY_AGAIN_MS = 5_000;
const TYPING_MS = 2_000;
const KEPT = "draft-of-task:";

const taskForm = () => document.getElementById("task-form");
const tabs = "BroadcastChannel" in window ? new BroadcastChannel("controlroom-drafts") : null;

let timer = 0;
let typedAt = 0;
let edited = null; // the form with changes that the server does not have yet
let isSaving = false;

for (const kind of ["input", "change"]) {
  document.addEventListener(kind, ({ target }) => {
    const form = taskForm();
    if (!form?.contains(target) || target.closest("[data-no-draft]")) return;
    typedAt = Date.now();
    keepSoon();
    tellTabs(form, target);
  });
}
document.addEventListener("rows:changed", keepSoon);
addEventListener("pagehide", () => edited && save({ isLeaving: true }));
document.addEventListener("visibilitychange", () => document.hidden && edited && save({ isLeaving: true }));

function keepSoon() {
  edited = taskForm();
  keepHere(edited);
  sayState("");
  clearTimeout(timer);
  timer = setTimeout(save, SAVE_AFTER_MS);
}

/** Save now; while a decision is under way the form itself is on its way to the server. */
async function save({ isLeaving = false } = {}) {
  const form = edited;
  if (!form?.isConnected) return forgetEdits();
  if (form.matches(".htmx-request") || (isSaving && !isLeaving)) return later(SAVE_AFTER_MS);
  clearTimeout(timer);
  edited = null;
  isSaving = true;
  try {
    taken(form, await send(form.dataset.draftUrl, new URLSearchParams(new FormData(form)), isLeaving));
  } catch {
    notTaken(form);
  } finally {
    isSaving = false;
  }
}

function send(url, body, keepalive = false) {
  const headers = { "X-CSRFToken": document.querySelector("meta[name=csrf-token]").content, "X-Requested-By": "draft" };
  return fetch(url, { method: "POST", body, headers, keepalive, redirect: "manual" });
}

function taken(form, answer) {
  if (answer.status === 204) {
    if (!edited) forgetHere(form);
    const base = answer.headers.get("X-Draft") ?? "";
    form.elements.namedItem("draft_base").value = base;
    tabs?.postMessage({ place: placeOf(form), base });
    sayState(form.dataset.saved);
    if (answer.headers.get("X-Draft-Merged")) toast(form.dataset.merged, { tone: "watch", seconds: 0 });
  } else if (answer.type === "opaqueredirect" || answer.status === 403 || answer.status === 401) {
    edited ??= form;
    sayState(form.dataset.signedOut);
  } else {
    sayState(form.dataset.notSaved);
  }
}

function notTaken(form) {
  edited ??= form;
  sayState(form.dataset.notSaved);
  later(TRY_AGAIN_MS);
}

function later(milliseconds) {
  clearTimeout(timer);
  timer = setTimeout(save, milliseconds);
}

/** The pane has gone, or was sent: nothing is left to be saved. */
export function forgetEdits() {
  if (edited?.isConnected) return;
  clearTimeout(timer);
  edited = null;
}

function sayState(text) {
  const state = taskForm()?.querySelector("[data-draft-state]");
  if (state && state.textContent !== text) state.textContent = text;
}

// ---- the copy in this tab: gone with the tab, and as soon as the server has it

const placeOf = (form) => `${KEPT}${form.dataset.me}:${form.dataset.draftUrl}`;

function keepHere(form) {
  try {
    sessionStorage.setItem(placeOf(form), new URLSearchParams(new FormData(form)));
  } catch {
    // no storage, or it is full: the server gets it in a moment
  }
}

function forgetHere(form) {
  try {
    sessionStorage.removeItem(placeOf(form));
  } catch {
    // see keepHere()
  }
}

/** A decision was refused: the form stands here again with all that was typed, and the server has no draft of it yet. */
export function keepRedrawn() {
  if (isNew(taskForm())) keepSoon();
}

/** Hand in what was typed before the session was lost, then show it. */
export async function bringBack() {
  const form = taskForm();
  if (!isNew(form)) return;
  let copy = null;
  try {
    copy = sessionStorage.getItem(placeOf(form));
  } catch {
    return;
  }
  if (!copy) return;
  const said = new URLSearchParams(copy);
  said.delete("csrfmiddlewaretoken");
  const answer = await send(form.dataset.draftUrl, said).catch(() => null);
  if (answer?.status !== 204) return;
  forgetHere(form);
  // decided in the meantime: what is open now, or comes with the answer, is another task
  if (!form.isConnected || form.matches(".htmx-request")) return;
  await window.htmx.ajax("GET", location.href, { target: "#task", swap: "outerHTML" });
  sayState(taskForm()?.dataset.broughtBack ?? "");
}

/** Only a form that has just come can find a lost copy: later, a copy is of what is typed or sent from it. */
function isNew(form) {
  if (!form?.dataset.me || form.dataset.uiSeen) return false;
  form.dataset.uiSeen = "1";
  return true;
}

document.addEventListener("htmx:before:request", ({ detail }) => {
  if (detail.ctx.sourceElement === taskForm()) keepHere(taskForm());
});
document.addEventListener("htmx:after:request", ({ detail }) => {
  const { sourceElement, response } = detail.ctx;
  const isTaken = sourceElement?.matches?.("#task-form") && response?.status < 300 && !response.raw?.redirected;
  if (isTaken) forgetHere(sourceElement);
});

// ---- the same task in another tab of this browser shows what is typed here; other browsers: see save_draft()

function tellTabs(form, control) {
  if (!control.name || control.type === "hidden" || control.type === "file") return;
  const { name, value, checked, type } = control;
  tabs?.postMessage({ place: placeOf(form), name, value, checked, isTick: type === "checkbox" || type === "radio" });
}

tabs?.addEventListener("message", ({ data }) => {
  const form = taskForm();
  if (!form || placeOf(form) !== data.place) return;
  if (data.base !== undefined) return void (form.elements.namedItem("draft_base").value = data.base);
  const control = [...form.elements].find(({ name, value, type }) => name === data.name && type !== "hidden" && (!data.isTick || value === data.value));
  const isAtIt = control === document.activeElement && Date.now() - typedAt < TYPING_MS;
  if (!control || isAtIt) return;
  if (data.isTick) control.checked = data.checked;
  else if (control.value !== data.value) control.value = data.value;
  control.dispatchEvent(new CustomEvent("draft:elsewhere", { bubbles: true }));
  sayState(form.dataset.otherTab);
});
