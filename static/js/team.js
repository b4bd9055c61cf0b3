// Dragging tasks onto people: it fills in the same form that the menu uses, so that nothing needs a pointer.
import { all } from "./dom.js";

const TYPE = "application/x-controlroom-tasks";

const dropOf = (event) => event.target.closest?.("[data-drop]");

document.addEventListener("dragstart", (event) => {
  const row = event.target.closest?.("[data-drag]");
  if (!row) return;
  event.dataTransfer.setData(TYPE, row.dataset.drag);
  event.dataTransfer.effectAllowed = "move";
  row.dataset.uiDragging = "";
});
document.addEventListener("dragend", () => {
  all("[data-ui-dragging], [data-ui-over]").forEach((each) => {
    delete each.dataset.uiDragging;
    delete each.dataset.uiOver;
  });
});
document.addEventListener("dragover", (event) => {
  const place = dropOf(event);
  if (!place || !event.dataTransfer.types.includes(TYPE)) return;
  event.preventDefault();
  event.dataTransfer.dropEffect = "move";
  for (const other of all("[data-ui-over]")) if (other !== place) delete other.dataset.uiOver;
  place.dataset.uiOver = "";
});
document.addEventListener("drop", (event) => {
  const place = dropOf(event);
  const task = place && event.dataTransfer.getData(TYPE);
  if (!task) return;
  event.preventDefault();
  choose(task);
  const form = document.getElementById("team-form");
  form.elements.namedItem("to").value = place.dataset.drop;
  form.requestSubmit();
});

/** Whatever is chosen goes along, if the dragged one is; else that one goes alone. */
function choose(task) {
  const boxes = all("[data-select]");
  const dragged = boxes.find((box) => box.value === task);
  if (!dragged || dragged.checked) return;
  for (const box of boxes) box.checked = box === dragged;
}
