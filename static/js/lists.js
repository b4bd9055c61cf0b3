// Lists under the keyboard (j, k, Enter, x, .) and the selection of rows.
import { all, isVisible } from "./dom.js";
import { command } from "./commands.js";

let lastToggled = null; // where a Shift range starts

export const cursorRow = () => document.querySelector("[data-ui-cursor]");

/** Move the cursor by `by` rows. Return false when the page has no list. */
export function moveCursor(by) {
  const list = currentList();
  if (!list) return false;
  const rows = all("[data-row]", list).filter(isVisible);
  const current = rows.indexOf(cursorRow() ?? list.querySelector("[data-row]:has([aria-current])"));
  const next = rows[current < 0 ? (by > 0 ? 0 : rows.length - 1) : Math.min(rows.length - 1, Math.max(0, current + by))];
  if (next) setCursor(next, list);
  return Boolean(next);
}

export function openCursorRow() {
  const link = cursorRow() && opener(cursorRow());
  link?.click();
  return Boolean(link);
}

/** Toggle the cursor row's checkbox; with `isRange`, all rows since the last one toggled. */
export function selectCursorRow(isRange) {
  const box = cursorRow()?.querySelector("[data-select]");
  if (!box) return false;
  box.checked = !box.checked;
  if (isRange) selectRange(box);
  lastToggled = box;
  showSelection(box);
  return true;
}

export function openRowMenu() {
  const menu = cursorRow()?.querySelector("details.menu");
  if (!menu) return false;
  menu.open = true;
  menu.querySelector(".menu-panel :is(a, button)")?.focus();
  return true;
}

function currentList() {
  const lists = all("[data-list]").filter(isVisible);
  const used = lists.find((list) => list.contains(cursorRow()) || list.contains(document.activeElement));
  return used ?? lists[0];
}

function setCursor(row, list) {
  cursorRow()?.removeAttribute("data-ui-cursor");
  row.setAttribute("data-ui-cursor", "");
  row.scrollIntoView({ block: "nearest" });
  const link = opener(row);
  link?.focus({ preventScroll: true });
  if (list.dataset.list === "follow") link?.click();
}

const opener = (row) => row.querySelector("[data-open]") ?? row.querySelector("a[href]");

// --- selection
document.addEventListener("change", (event) => {
  const box = event.target;
  if (box.matches("[data-select-all]")) {
    for (const each of boxesOf(box)) each.checked = box.checked;
    showSelection(box);
  } else if (box.matches("[data-select]")) {
    showSelection(box);
  }
});
document.addEventListener("click", (event) => {
  const box = event.target;
  if (!box.matches?.("[data-select]")) return;
  if (event.shiftKey) selectRange(box);
  lastToggled = box;
  showSelection(box);
});
document.addEventListener("live:applied", () => all("[data-select-all]").forEach(showSelection));

const areaOf = (box) => box.closest("[data-selectable]") ?? box.closest("form, .panel, main");
const boxesOf = (box) => all("[data-select]", areaOf(box));

function selectRange(box) {
  const boxes = boxesOf(box);
  const [from, to] = [boxes.indexOf(lastToggled), boxes.indexOf(box)].sort((a, b) => a - b);
  if (from < 0) return;
  for (const each of boxes.slice(from, to + 1)) each.checked = box.checked;
}

function showSelection(box) {
  const area = areaOf(box);
  const boxes = all("[data-select]", area);
  const count = boxes.filter((each) => each.checked).length;
  for (const bar of all("[data-selection]", area)) bar.hidden = count === 0;
  for (const number of all("[data-selection-count]", area)) number.textContent = count;
  for (const head of all("[data-select-all]", area)) {
    head.checked = count > 0 && count === boxes.length;
    head.indeterminate = count > 0 && count < boxes.length;
  }
}

command("clear-selection", (button) => {
  const area = areaOf(button);
  for (const box of all("[data-select]:checked", area)) {
    box.checked = false;
    box.dispatchEvent(new Event("change", { bubbles: true }));
  }
  const next = area.querySelector("[data-ui-cursor] a") ?? area.querySelector("[data-list] a") ?? document.getElementById("task-title");
  (next ?? document.getElementById("main")).focus();
});
