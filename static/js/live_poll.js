// The way without WebSockets: ask for each fragment again, more slowly the slower the answers are.
import { applyFrame, fragmentsOnPage, have } from "./live_apply.js";

const SHORTEST_MS = 5_000;
const LONGEST_MS = 60_000;
const PER_RESPONSE = 20 / 3;
const HIDDEN_FACTOR = 4;

let timer = 0;
let listener = null; // {onAnswer, onSilence, onSignedOut} while polling

export function startPolling(callbacks) {
  if (listener) return;
  listener = callbacks;
  poll();
}

export function stopPolling() {
  listener = null;
  clearTimeout(timer);
}

async function poll() {
  const begun = Date.now();
  try {
    const answers = [];
    for (const id of fragmentsOnPage()) answers.push(await ask(id));
    if (!listener) return;
    const ops = answers.filter(Boolean);
    if (ops.length) applyFrame({ ts: begun, ops });
    listener.onAnswer();
  } catch (error) {
    if (error instanceof SignedOut) listener?.onSignedOut();
    else listener?.onSilence();
  }
  if (listener) timer = setTimeout(poll, delayAfter(Date.now() - begun));
}

function delayAfter(responseMs) {
  const delay = Math.min(LONGEST_MS, Math.max(SHORTEST_MS, responseMs * PER_RESPONSE));
  return document.hidden ? delay * HIDDEN_FACTOR : delay;
}

class SignedOut extends Error {}

/** Return the op that brings fragment `id` up to date; null when it did not change or may not be seen. */
async function ask(id) {
  const known = have.get(id) ?? "";
  const query = new URLSearchParams({ f: id, cursor: known });
  const headers = known ? { "If-None-Match": `"${known}"` } : {};
  const response = await fetch(`${document.body.dataset.pollUrl}?${query}`, { headers, credentials: "same-origin" });
  if (response.status === 401 || response.redirected) throw new SignedOut();
  if (response.status === 404 || response.status === 410) return { k: "gone", f: id };
  if (response.status === 304 || response.status === 403) return null;
  if (!response.ok) throw new Error(`status ${response.status}`);
  if (response.headers.get("Content-Type")?.startsWith("application/json")) return { k: "data", f: id, d: await response.json() };
  return { k: "html", f: id, html: await response.text(), hash: response.headers.get("X-Fragment-Hash") };
}
