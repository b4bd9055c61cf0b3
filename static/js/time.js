// <time datetime data-relative>  "3m ago", "in 5m"; <time datetime data-elapsed>  "3 m 12 s".
// The absolute time stays in the title.
import { all } from "./dom.js";
import { serverNow } from "./clock.js";

const UNITS = [
  ["year", 31_536_000],
  ["month", 2_592_000],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
  ["second", 1],
];
const relative = new Intl.RelativeTimeFormat(document.documentElement.lang || "en", { numeric: "always", style: "narrow" });

export function refreshTimes(root = document) {
  for (const element of all("time[data-relative], time[data-elapsed]", root)) {
    const seconds = (Date.parse(element.dateTime) - serverNow()) / 1000;
    if (Number.isNaN(seconds)) continue;
    element.dataset.uiSaid = "";
    const text = "elapsed" in element.dataset ? elapsed(-seconds) : fromNow(seconds);
    if (element.textContent !== text) {
      element.title ||= element.textContent;
      element.textContent = text;
    }
  }
}

function fromNow(seconds) {
  const [unit, length] = UNITS.find(([, size]) => Math.abs(seconds) >= size) ?? UNITS.at(-1);
  return relative.format(Math.trunc(seconds / length), unit);
}

function elapsed(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  if (hours) return `${hours} h ${minutes} m`;
  return minutes ? `${minutes} m ${rest} s` : `${rest} s`;
}

refreshTimes();
setInterval(() => document.hidden || refreshTimes(), 1000);
document.addEventListener("live:applied", () => refreshTimes());
document.addEventListener("htmx:after:swap", () => refreshTimes());
document.addEventListener("visibilitychange", () => document.hidden || refreshTimes());
