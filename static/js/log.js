// [data-log]: follows its end only while the reader is at the end, and keeps at most 2 000 lines.
import { all, make } from "./dom.js";
import { clockTime } from "./clock.js";
import { say } from "./words.js";

const MOST_LINES = 2000;
const END_SLACK_PX = 24;
const leftTheEnd = new WeakSet();

function start() {
  for (const log of all("[data-log]:not([data-ui-log])")) {
    log.dataset.uiLog = "1";
    log.scrollTop = log.scrollHeight;
    log.addEventListener("scroll", () => {
      const isAtEnd = log.scrollHeight - log.scrollTop - log.clientHeight < END_SLACK_PX;
      if (isAtEnd) leftTheEnd.delete(log);
      else leftTheEnd.add(log);
    });
  }
}

function followEnd() {
  for (const log of all("[data-log]")) if (!leftTheEnd.has(log)) log.scrollTop = log.scrollHeight;
}

// data: {lines: [{n, at (ms), level, message}], skipped?: n}
document.addEventListener("live:data", (event) => {
  const { fragment, data } = event.detail;
  if (!data.lines) return;
  for (const log of all(`[data-log][data-live-data="${CSS.escape(fragment)}"]`)) append(log, data);
});

function append(log, { lines, skipped = 0 }) {
  const newest = Number(log.lastElementChild?.dataset.n ?? -1);
  if (skipped) log.append(make("div", { class: "log-gap" }, say("logSkipped", { count: skipped })));
  log.append(...lines.filter((line) => line.n > newest).map(lineElement));
  while (log.childElementCount > MOST_LINES) log.firstElementChild.remove();
  followEnd();
}

// the same markup as components/log_line.html
function lineElement({ n, at, level, message }) {
  const time = new Date(at);
  return make(
    "div",
    { class: `log-line is-${level.toLowerCase()}`, "data-n": n },
    make("time", { datetime: time.toISOString() }, clockTime(time)),
    make("span", { class: "log-level" }, level.toLowerCase()),
    make("span", { class: "log-text" }, message),
  );
}

start();
document.addEventListener("htmx:after:swap", start);
document.addEventListener("live:applied", () => {
  start();
  followEnd();
});
