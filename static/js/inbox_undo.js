// Decisions on their way: each toast counts down to when it takes effect and goes then; the newest stands first, so
// that "z" takes back the last one. Who listens hears the time once, not each second.
import { all } from "./dom.js";

const TICK_MS = 250;
const MOST_TOASTS = 3;
let clock = 0;

const cards = () => all(".toast-card[data-undo-seconds]");

function start() {
  for (const card of cards()) card.dataset.uiEndsAt ??= Date.now() + Number(card.dataset.undoSeconds) * 1000;
  for (const card of cards().slice(MOST_TOASTS)) card.hidden = true;
  clock ||= cards().length ? setInterval(tick, TICK_MS) : 0;
  tick();
}

function tick() {
  for (const card of cards()) {
    const left = Math.ceil((card.dataset.uiEndsAt - Date.now()) / 1000);
    const place = card.querySelector("[data-undo-left]");
    if (place && left > 0 && place.textContent !== String(left)) place.textContent = left;
    if (left <= 0) leave(card);
  }
  if (cards().length || !clock) return;
  clearInterval(clock);
  clock = 0;
}

/** The focus never falls out of the page with the toast that held it. */
function leave(card) {
  if (card.contains(document.activeElement)) document.getElementById("task-title")?.focus();
  card.remove();
}

const region = document.getElementById("toasts");
if (region) {
  new MutationObserver(start).observe(region, { childList: true });
  start();
}

// what was taken back needs no toast any more
document.addEventListener("htmx:after:request", ({ detail }) => {
  const card = detail.ctx.sourceElement?.closest?.(".toast-card[data-undo-seconds]");
  if (card && detail.ctx.response) leave(card);
});
