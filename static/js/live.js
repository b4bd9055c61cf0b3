// One WebSocket a page keeps every [data-live] element fresh, and the top bar says in words how fresh that is.
// When sockets fail the same fragments are polled. No message is the only carrier of a fact: after any doubt
// the page subscribes again with what it has, and the server sends what differs.
import { make } from "./dom.js";
import { clockTime, setServerClock } from "./clock.js";
import { command } from "./commands.js";
import { say } from "./words.js";
import { applyFrame, fragmentsOnPage, have, latencies } from "./live_apply.js";
import { startPolling, stopPolling } from "./live_poll.js";

const PROTOCOL = 1;
const PING_AFTER_MS = 3_000;
const DEAD_AFTER_MS = 8_000;
const TICK_MS = 1_000;
const SLEPT_MS = 15_000; // a tick this late means that the machine slept, and its connections with it
const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 15_000;
const JITTER = 0.3;
const RESTART_SPREAD_MS = 5_000;
const POLL_AFTER_FAILURES = 3;
const PAUSE_AFTER_HIDDEN_MS = 30_000;
const CLOSE = { signIn: 4401, noRight: 4403, restart: 1012 };

const page = document.body.dataset;
const bar = document.getElementById("live-state");

let socket = null;
let failures = 0;
let sequence = null; // of the last frame; null until the first one after a subscription
let subscribed = ""; // the fragments of the last subscription
let release = null;
let heardAt = Date.now(); // the page itself came from the server just now
let openedAt = 0;
let tickedAt = Date.now();
let retryTimer = 0;
let hiddenTimer = 0;
let isPausedByPerson = false;
let isPausedByHiding = false;
let isOver = false; // signed out or no right: only a reload helps

window.controlroomLive = { state: "connecting", frames: 0, latencies };

if (page.liveUrl) {
  document.addEventListener("visibilitychange", onVisibility);
  document.addEventListener("htmx:after:swap", () => subscribe({ onlyIfChanged: true }));
  document.addEventListener("live:applied", () => subscribe({ onlyIfChanged: true }));
  addEventListener("online", () => connectNow());
  addEventListener("offline", () => lose());
  addEventListener("pagehide", drop);
  addEventListener("pageshow", (event) => event.persisted && connectNow());
  command("pause-live", togglePause);
  setInterval(tick, TICK_MS);
  connect();
}

// ---- connection

function connect() {
  clearTimeout(retryTimer);
  if (socket || isOver) return;
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  openedAt = Date.now();
  socket = new WebSocket(`${scheme}//${location.host}${page.liveUrl}`);
  socket.onopen = () => subscribe();
  socket.onmessage = (event) => receive(JSON.parse(event.data));
  socket.onclose = (event) => closed(event.code);
}

function connectNow() {
  if (socket || isOver) return;
  failures = 0;
  connect();
}

function closed(code) {
  if (code === CLOSE.signIn) end("signed-out", { text: say("signedOutBanner"), action: say("signIn") });
  else if (code === CLOSE.noRight) end("offline", { text: say("noRight"), action: say("reload") });
  else lose({ delay: code === CLOSE.restart ? Math.random() * RESTART_SPREAD_MS : undefined });
}

/** Give the socket up at once: on a dead link the browser would wait a minute for its close. */
function lose({ delay = backOff(failures) } = {}) {
  drop();
  if (isOver) return;
  failures += 1;
  if (failures >= POLL_AFTER_FAILURES) startPolling({ onAnswer: polled, onSilence: showOffline, onSignedOut: () => closed(CLOSE.signIn) });
  if (failures < POLL_AFTER_FAILURES || window.controlroomLive.state === "live") showOffline();
  clearTimeout(retryTimer);
  retryTimer = setTimeout(connect, delay);
}

function drop() {
  if (!socket) return;
  socket.onopen = socket.onmessage = socket.onclose = null;
  socket.close();
  socket = null;
}

function end(state, notice) {
  isOver = true;
  drop();
  stopPolling();
  clearTimeout(retryTimer);
  show(state);
  banner("live-over", { ...notice, isBad: true });
}

function backOff(failed) {
  const delay = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** failed);
  return delay * (1 - JITTER + Math.random() * 2 * JITTER);
}

/** Find half-open sockets, which never close by themselves. */
function tick() {
  const now = Date.now();
  const pause = now - tickedAt;
  tickedAt = now;
  if (!socket) return;
  if (pause > SLEPT_MS && !document.hidden) return lose({ delay: 0 });
  if (pause > PING_AFTER_MS) heardAt = Math.max(heardAt, now - PING_AFTER_MS); // a throttled tab: ask before judging
  const silence = now - Math.max(heardAt, openedAt);
  if (silence > DEAD_AFTER_MS) lose();
  else if (silence > PING_AFTER_MS) send({ t: "ping", c: now });
}

function send(message) {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
}

function subscribe({ onlyIfChanged = false } = {}) {
  const fragments = fragmentsOnPage();
  const key = fragments.join(" ");
  if (onlyIfChanged && key === subscribed) return;
  subscribed = key;
  sequence = null;
  const known = Object.fromEntries(fragments.filter((id) => have.has(id)).map((id) => [id, have.get(id)]));
  send({ t: "sub", v: PROTOCOL, f: fragments, have: known });
  if (isPaused()) send({ t: "pause" });
}

// ---- what the server says

function receive(message) {
  heardAt = Date.now();
  if (message.t === "hello") greet(message);
  else if (message.t === "f") frame(message);
  showCurrent();
}

function greet({ rel, now }) {
  failures = 0;
  stopPolling();
  setServerClock(now);
  release ??= rel;
  if (rel !== release) banner("live-release", { text: say("newVersion"), action: say("reload") });
}

function frame(message) {
  const isGap = sequence !== null && message.seq !== sequence + 1;
  if (isGap) subscribe();
  sequence = isGap ? null : message.seq;
  if (isPaused()) return;
  window.controlroomLive.frames += 1;
  applyFrame(message);
}

function polled() {
  heardAt = Date.now();
  if (!socket || socket.readyState !== WebSocket.OPEN) show("polling");
}

// ---- pausing

const isPaused = () => isPausedByPerson || isPausedByHiding;

function togglePause(button) {
  isPausedByPerson = !isPausedByPerson;
  button.ariaPressed = String(isPausedByPerson);
  if (isPausedByPerson) send({ t: "pause" });
  else resume();
  showCurrent();
}

function resume() {
  send({ t: "resume" });
  subscribe();
}

function onVisibility() {
  clearTimeout(hiddenTimer);
  if (document.hidden) {
    hiddenTimer = setTimeout(() => {
      isPausedByHiding = true;
      send({ t: "pause" });
    }, PAUSE_AFTER_HIDDEN_MS);
    return;
  }
  const wasPaused = isPausedByHiding;
  isPausedByHiding = false;
  connectNow();
  if (wasPaused && !isPausedByPerson) resume();
}

// ---- what the page says about itself

function showCurrent() {
  if (isOver) return;
  if (isPausedByPerson) show("paused");
  else if (socket?.readyState === WebSocket.OPEN) show("live");
}

function showOffline() {
  if (!isOver) show("offline");
}

function show(state) {
  window.controlroomLive.state = state;
  document.documentElement.classList.toggle("is-stale", state === "offline" || state === "signed-out");
  const name = state === "signed-out" ? "signedOut" : state;
  const text = say(name, { time: clockTime(heardAt) });
  const word = bar?.querySelector("[data-live-word]");
  if (!word || (bar.dataset.state === state && word.textContent === text)) return;
  bar.dataset.state = state;
  word.textContent = text;
}

function banner(id, { text, action, isBad = false }) {
  if (document.getElementById(id)) return;
  const link = make("a", { href: location.href, class: "btn btn-sm" }, action);
  document.getElementById("banners")?.append(make("div", { id, class: `banner${isBad ? " is-bad" : ""}` }, make("span", {}, text), link));
}
