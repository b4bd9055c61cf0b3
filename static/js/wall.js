// A wall: asks for its numbers again and again, never stops, and says so when they are old.
// Alone on its page, for months: it keeps no socket and no session, and reloads itself now and then.

const EVERY_MS = 5_000;
const TIMEOUT_MS = 10_000;
const OLD_AFTER_MS = 30_000;
const SLOWEST_MS = 30_000;
const RELOAD_AFTER_MS = 6 * 3_600_000;
const RELOAD_SPREAD_MS = 30 * 60_000; // not all walls at once
const TICK_MS = 1_000;

const { dataset } = document.body;
const now = document.getElementById("wall-now");
const old = document.getElementById("wall-old");
const oldText = old.querySelector("[data-old-text]");
const clock = document.querySelector("[data-clock]");
const asOfText = document.querySelector("[data-as-of-text]");

// by the clock that nobody sets: the screen's own date may be anything
let heardAt = performance.now();
let asOf = Number(dataset.asOf) * 1_000;
let sheet = 0;
let turnedAt = performance.now();
let failures = 0;
const reloadAt = performance.now() + RELOAD_AFTER_MS + Math.random() * RELOAD_SPREAD_MS;

window.controlroomWall = { asked: 0 };

show();
setInterval(tick, TICK_MS);
setTimeout(ask, EVERY_MS);

async function ask() {
  try {
    await take(await fetch(dataset.nowUrl, { cache: "no-store", credentials: "same-origin", signal: AbortSignal.timeout(TIMEOUT_MS) }));
    failures = 0;
  } catch {
    failures += 1; // whatever it was: what is old says so by itself
  }
  window.controlroomWall.asked += 1;
  setTimeout(ask, Math.min(SLOWEST_MS, EVERY_MS * (1 + failures)));
}

async function take(answer) {
  // taken back: the page says why, and looks now and then whether that has changed. A refusal by
  // anything between us and the control room is a disturbance like any other
  if (answer.headers.get("X-Wall") === "refused") return location.reload();
  if (!answer.ok) throw new Error(String(answer.status));
  const html = await answer.text();
  heardAt = performance.now();
  asOf = Number(answer.headers.get("X-As-Of")) || asOf;
  if (html !== take.last) now.innerHTML = html;
  take.last = html;
  show();
  const isNew = answer.headers.get("X-Release") !== dataset.release;
  if (isNew || performance.now() > reloadAt) await reload();
}

/** Only when the page is there: a screen must not end on a browser's own error page. */
async function reload() {
  const page = await fetch(location.href, { cache: "no-store", signal: AbortSignal.timeout(TIMEOUT_MS) });
  if (page.ok) location.reload();
}

function tick() {
  const sheets = now.querySelectorAll("[data-sheet]");
  if (sheets.length > 1 && performance.now() - turnedAt >= Number(dataset.rotateSeconds) * 1_000) {
    sheet += 1;
    turnedAt = performance.now();
  }
  show();
}

function show() {
  const sheets = [...now.querySelectorAll("[data-sheet]")];
  sheets.forEach((each, index) => (each.hidden = index !== sheet % sheets.length));
  document.documentElement.classList.add("is-turning");
  const silence = performance.now() - heardAt;
  const isOld = silence > OLD_AFTER_MS;
  document.documentElement.classList.toggle("is-old", isOld);
  document.documentElement.classList.toggle("is-dim", Boolean(now.querySelector(".wall-pages.is-dim")) && !isOld);
  old.hidden = !isOld;
  // the server's time, carried on by our own clock
  clock.textContent = timeOf(asOf + silence, {});
  asOfText.textContent = timeOf(asOf, { second: "2-digit" });
  if (isOld) oldText.textContent = oldText.dataset.oldText.replace("%(time)s", timeOf(asOf, { second: "2-digit" }));
}

function timeOf(milliseconds, more) {
  const options = { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: document.documentElement.dataset.timeZone, ...more };
  return new Intl.DateTimeFormat(document.documentElement.lang || "en", options).format(milliseconds);
}
