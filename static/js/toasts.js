// Toasts close by themselves after data-toast seconds (0 = never), not while pointed at or focused.
import { all, icon, make } from "./dom.js";
import { command } from "./commands.js";
import { say } from "./words.js";

const region = document.getElementById("toasts");

/** Show `text`; tone is ok, info, watch or act; 0 seconds stays until closed. */
export function toast(text, { tone = "info", seconds = 6 } = {}) {
  const close = make("button", { type: "button", class: "icon-button", "data-command": "close-toast", "aria-label": say("close") }, icon("x"));
  const card = make("div", { class: `toast-card tone-${tone}`, "data-toast": seconds }, make("span", { class: "toast-text" }, text), close);
  region?.append(card);
  return card;
}

function startClock(card) {
  const seconds = Number(card.dataset.toast);
  if (!seconds || card.dataset.uiTimed) return;
  card.dataset.uiTimed = "1";
  let left = seconds;
  const clock = setInterval(() => {
    if (!card.isConnected) clearInterval(clock);
    else if (!card.matches(":hover, :focus-within") && --left <= 0) card.remove();
  }, 1000);
}

command("close-toast", (button) => button.closest(".toast-card").remove());

if (region) {
  new MutationObserver(() => all("[data-toast]", region).forEach(startClock)).observe(region, { childList: true });
  all("[data-toast]", region).forEach(startClock);
}
