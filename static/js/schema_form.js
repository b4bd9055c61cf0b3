// Forms made from schemas: rows that come and go, and links that lead to a field.
import { all } from "./dom.js";
import { goTo } from "./go_to.js";
import "./predictions.js";
import "./show_if.js";
import "./find_field.js";

// ---- rows of a list: added from a template, removed in place; without this script it is a round trip

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-rows-add], [data-rows-remove]");
  if (!button) return;
  event.preventDefault();
  if (button.matches("[data-rows-add]")) addRow(button.closest("[data-rows]"));
  else removeRow(button.closest("[data-row-key]"));
  document.dispatchEvent(new CustomEvent("rows:changed"));
});

let rowsAdded = 0;

function addRow(area) {
  const list = part(area, "[data-rows-list]");
  const blank = part(area, "[data-rows-blank]");
  const key = `n${Date.now().toString(36).slice(-8)}${(rowsAdded++ % 36).toString(36)}`;
  const html = blank.innerHTML.replaceAll(area.dataset.placeholder, key);
  list.insertAdjacentHTML("beforeend", html);
  countRows(area);
  list.lastElementChild.querySelector("input:not([type=hidden]), select, textarea")?.focus();
}

function removeRow(row) {
  const area = row.closest("[data-rows]");
  const neighbour = row.nextElementSibling ?? row.previousElementSibling;
  row.remove();
  countRows(area);
  (neighbour?.querySelector(":scope > [data-rows-remove]") ?? part(area, "[data-rows-add]")).focus();
}

function countRows(area) {
  const rows = [...part(area, "[data-rows-list]").children];
  rows.forEach((row, index) => {
    const number = row.querySelector(":scope > details > summary > .form-row-number");
    if (number) number.textContent = index + 1;
  });
  part(area, "[data-rows-count]").textContent = rows.length;
  part(area, "[data-rows-add]").disabled = rows.length >= Number(area.dataset.most);
}

/** The area's own part, not that of a list within one of its rows. */
const part = (area, selector) => all(selector, area).find((element) => element.closest("[data-rows]") === area);

// ---- going to a field, from the error summary or from [data-goto]

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-goto], .error-summary a");
  const place = link && document.getElementById(decodeURIComponent(link.hash.slice(1)));
  if (!place) return;
  event.preventDefault();
  goTo(place);
});
