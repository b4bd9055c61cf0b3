// The page of the log: follows its end while the reader is there, holds what is new while they read above it, and
// fetches what came before piece by piece.
import { all, make } from "./dom.js";
import { toast } from "./toasts.js";
import { say } from "./words.js";

const MOST_LINES = 2000;
const MOST_HELD = 1000;
const END_SLACK_PX = 24;

const log = document.querySelector("[data-log-page]");
const newButton = document.querySelector("[data-log-new]");
const state = document.querySelector("[data-log-state]");
const empty = document.querySelector("[data-log-empty]");

let held = []; // lines that came while the reader was above the end, the oldest first
let heldIds = new Set();
let leftOut = 0; // lines that nobody fetched, or that are held no longer

const isAtEnd = () => log.scrollHeight - log.scrollTop - log.clientHeight < END_SLACK_PX;
const lines = () => all(".log-line", log);

// ---- where it opens

const anchor = log.dataset.logAnchor && document.getElementById(log.dataset.logAnchor);
if (anchor) {
  anchor.classList.add("is-anchor");
  log.scrollTop = anchor.offsetTop - log.offsetTop - log.clientHeight / 3;
} else {
  log.scrollTop = log.scrollHeight;
}

// ---- its end

// data: {lines: [{n, key, html}], skipped: n}
document.addEventListener("live:data", ({ detail: { fragment, data } }) => {
  if (fragment !== log.dataset.liveData || !data.lines) return;
  // what was committed while the page was being made comes once more
  const fresh = data.lines.filter(({ n }) => !document.getElementById(`line-${n}`) && !heldIds.has(n));
  const wasAtEnd = isAtEnd() && !held.length;
  leftOut += data.skipped ?? 0;
  hold(fresh);
  if (wasAtEnd) showHeld();
  else showState();
});

function hold(fresh) {
  held.push(...fresh);
  const tooMany = Math.max(0, held.length - MOST_HELD);
  leftOut += tooMany;
  held.splice(0, tooMany);
  heldIds = new Set(held.map(({ n }) => n));
}

function showHeld() {
  if (leftOut) log.append(make("div", { class: "log-gap" }, say("logSkipped", { count: leftOut })));
  for (const line of held) place(elementOf(line.html));
  held = [];
  heldIds = new Set();
  leftOut = 0;
  trimTop();
  if (empty) empty.hidden = true;
  log.scrollTop = log.scrollHeight;
  showState();
}

/** Put a line where its time belongs: what took long to be committed comes late. */
function place(line) {
  let after = log.lastElementChild;
  while (after && !(after.matches(".log-line") && comesBefore(after, line))) {
    if (after.matches(".log-gap, .log-more, .log-day")) break;
    after = after.previousElementSibling;
  }
  if (after) after.after(line);
  else log.prepend(line);
}

function comesBefore(one, other) {
  const [at, id] = one.dataset.at.split(".").map(Number);
  const [otherAt, otherId] = other.dataset.at.split(".").map(Number);
  return at < otherAt || (at === otherAt && id < otherId);
}

/** The server renders a line in one way, wherever it appears. */
function elementOf(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content.firstElementChild;
}

function trimTop() {
  const found = lines();
  for (const line of found.slice(0, Math.max(0, found.length - MOST_LINES))) line.remove();
}

function showState() {
  const count = held.length + leftOut;
  newButton.hidden = !count;
  newButton.textContent = say("logNew", { count });
  if (state) state.textContent = isAtEnd() ? state.dataset.following : state.dataset.paused;
}

log.addEventListener("scroll", () => {
  if (isAtEnd() && (held.length || leftOut)) showHeld();
  else showState();
});
newButton.addEventListener("click", showHeld);

// ---- what came before

log.addEventListener("click", async (event) => {
  const link = event.target.closest("[data-log-older] a");
  if (!link || lines().length >= MOST_LINES - 200) return; // then the link leads to a page of its own
  event.preventDefault();
  const answer = await fetch(`${link.href}&part=lines`, { credentials: "same-origin" }).catch(() => null);
  if (!answer) {
    toast(say("unreachable"), { tone: "watch" });
    return;
  }
  if (!answer.ok || answer.redirected) {
    location.href = link.href;
    return;
  }
  const below = log.scrollHeight - log.scrollTop;
  const template = document.createElement("template");
  template.innerHTML = await answer.text();
  const button = link.closest("[data-log-older]");
  const first = template.content.querySelector(".log-line");
  button.replaceWith(template.content);
  log.scrollTop = log.scrollHeight - below;
  // the link is gone, and the keyboard goes on where the reader is
  (log.querySelector("[data-log-older] a") ?? first?.querySelector(".log-link") ?? log).focus({ preventScroll: true });
});

// ---- errors, links, copies

document.querySelector("[data-log-next-error]").addEventListener("click", () => {
  const errors = lines().filter((line) => line.matches(".is-error"));
  const current = log.querySelector(".is-anchor");
  const next = errors.find((line) => !current || current.compareDocumentPosition(line) & Node.DOCUMENT_POSITION_FOLLOWING) ?? errors[0];
  if (!next) return;
  current?.classList.remove("is-anchor");
  next.classList.add("is-anchor");
  log.scrollTop = next.offsetTop - log.offsetTop - log.clientHeight / 3;
});

log.addEventListener("click", async (event) => {
  const link = event.target.closest(".log-link");
  if (!link || event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  await navigator.clipboard.writeText(link.href);
  toast(say("copied"));
});

document.querySelector("[data-log-copy]").addEventListener("click", async () => {
  const text = lines().map((line) => {
    const [time, level, said] = line.children;
    return `${time.dateTime} ${level.textContent.toUpperCase()} ${said.firstChild.textContent}`;
  });
  await navigator.clipboard.writeText(text.join("\n"));
  toast(say("copied"));
});
