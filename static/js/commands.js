// Buttons with data-command="name": one table of what they do.
import { all, store, stored } from "./dom.js";

const commands = new Map();

/** Make `data-command="name"` on any element call `action(element)`. */
export const command = (name, action) => commands.set(name, action);

export const run = (name, element) => commands.get(name)?.(element);

document.addEventListener("click", (event) => {
  const element = event.target.closest("[data-command]");
  if (element) run(element.dataset.command, element);
});

command("theme", (element) => {
  window.controlroomLook.setTheme(element.dataset.value);
  showLook();
});
command("density", (element) => {
  window.controlroomLook.setDensity(element.dataset.value);
  showLook();
});
command("open-dialog", (element) => openDialog(document.querySelector(element.dataset.target)));
command("close-dialog", (element) => element.closest("dialog").close());
command("shortcuts", () => openDialog(document.getElementById("shortcuts")));
command("palette", async () => (await import("./palette.js")).open());
command("single-keys", (element) => store("single-keys", element.checked ? "on" : "off"));

export function openDialog(dialog) {
  if (dialog && !dialog.open) dialog.showModal();
}

export const singleKeysAreOn = () => stored("single-keys") !== "off";

function showLook() {
  const { themeWish, density } = document.documentElement.dataset;
  for (const button of all("[data-command=theme], [data-command=density]")) {
    const current = button.dataset.command === "theme" ? themeWish : density;
    button.ariaPressed = String(button.dataset.value === current);
  }
}

showLook();
const singleKeys = document.getElementById("single-keys");
if (singleKeys) singleKeys.checked = singleKeysAreOn();
