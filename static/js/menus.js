// <details class="menu">: one open at a time, closed by Esc, by a click outside and by a choice.
import { all } from "./dom.js";

const openMenus = () => all("details.menu[open]");

document.addEventListener("click", (event) => {
  for (const menu of openMenus()) {
    const choice = event.target.closest(".menu-panel :is(a, button)");
    if (!menu.contains(event.target) || choice) menu.open = false;
  }
});

document.addEventListener("keydown", (event) => {
  const menu = openMenus().at(-1);
  if (!menu) return;
  if (event.key === "Escape") {
    menu.open = false;
    menu.querySelector("summary").focus();
    event.stopImmediatePropagation();
  } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    step(menu, event.key === "ArrowDown" ? 1 : -1);
  }
});

function step(menu, by) {
  const choices = all(".menu-panel :is(a, button):not(:disabled)", menu);
  const next = choices.indexOf(document.activeElement) + by;
  choices.at(next % choices.length)?.focus();
}
