// "Nothing moves under the hand": while the pointer or the focus is in a [data-live-hold] list, or rows are selected,
// its rows keep their places. Cells change, leaving rows grey out, new rows wait behind the "n new" pill.
import { all } from "./dom.js";
import { say } from "./words.js";

const NEW_MARK_MS = 2_500;
const held = new Map(); // fragment → {op, list, ids: new rows}

export const isHeld = (fragment) => held.has(fragment);
export const heldCount = () => held.size;

/** Return the html to show for `op` now: as it came, or with the rows in their old places. */
export function holdRows(element, op) {
  const list = heldList(element);
  if (!list || !isInUse(list)) {
    release(op.f, element);
    return op.html;
  }
  const template = document.createElement("template");
  template.innerHTML = op.html;
  const incoming = twinOf(list, element, template.content);
  if (!incoming) return op.html;
  const rows = rowsById(list);
  const comers = rowsById(incoming);
  const ids = [...comers.keys()].filter((id) => !rows.has(id));
  if (!ids.length && sameOrder(rows, comers)) {
    release(op.f, element);
    return op.html;
  }
  held.set(op.f, { op, list, ids });
  for (const [id, row] of rows) row.toggleAttribute("data-ui-leaving", !comers.has(id));
  incoming.replaceChildren(...[...rows].map(([id, row]) => comers.get(id) ?? row.cloneNode(true)));
  return template.innerHTML;
}

/** Forget that `fragment` was held, and mark the rows that will come. */
export function release(fragment, element) {
  const hold = held.get(fragment);
  if (!hold) return;
  held.delete(fragment);
  for (const row of all("[data-ui-leaving]", element)) row.removeAttribute("data-ui-leaving");
  requestAnimationFrame(() => markNew(hold.ids));
}

release.all = () => [...held.values()].map(({ op }) => op);
release.ready = () => [...held.values()].filter(({ list }) => !isInUse(list)).map(({ op }) => op);

/** Show how many rows wait; `isChanged` says that something else waits, too. */
export function showNewPill(isChanged) {
  const pill = document.getElementById("new-pill");
  if (!pill) return;
  const count = [...held.values()].reduce((sum, { ids }) => sum + ids.length, 0);
  pill.hidden = !count && !isChanged;
  const text = count ? say("newRows", { count }) : say("changed");
  const label = pill.querySelector("span");
  if (label.textContent !== text) label.textContent = text;
}

const heldList = (element) => (element.matches("[data-live-hold]") ? element : element.querySelector("[data-live-hold]"));

function isInUse(list) {
  if (!list.isConnected) return false;
  return list.matches(":hover") || list.contains(document.activeElement) || Boolean(list.querySelector("[data-select]:checked"));
}

const twinOf = (list, element, content) => (list === element ? content : content.querySelector("[data-live-hold]"));

const rowsById = (list) => new Map([...list.children].filter(({ id }) => id).map((row) => [row.id, row]));

function sameOrder(rows, comers) {
  const ids = [...comers.keys()];
  return rows.size === comers.size && [...rows.keys()].every((id, index) => id === ids[index]);
}

function markNew(ids) {
  const rows = ids.map((id) => document.getElementById(id)).filter(Boolean);
  for (const row of rows) row.setAttribute("data-ui-new", "");
  setTimeout(() => rows.forEach((row) => row.removeAttribute("data-ui-new")), NEW_MARK_MS);
}
