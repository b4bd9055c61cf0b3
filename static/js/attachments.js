// Files for a task: chosen, dropped on it, pasted, or photographed; all go through one form.
import { isTyping } from "./dom.js";

const section = () => document.querySelector("[data-drop-files]");
const chooser = () => section()?.querySelector("#task-file");

document.addEventListener("change", (event) => {
  if (event.target.matches?.("[data-send-files]") && event.target.files.length) event.target.form.requestSubmit();
});

// ---- drop: anywhere on the task, so that nobody loses the page to a file that fell beside the box

let timer = 0;

document.addEventListener("dragover", (event) => {
  if (!chooser() || !event.dataTransfer?.types.includes("Files")) return;
  event.preventDefault();
  section().dataset.uiDrop = "";
  clearTimeout(timer);
  timer = setTimeout(() => delete section()?.dataset.uiDrop, 300);
});

document.addEventListener("drop", (event) => {
  if (!chooser() || !event.dataTransfer?.files.length) return;
  event.preventDefault();
  send(event.dataTransfer.files);
});

// ---- paste: a screenshot, or files; text that is pasted into a field stays text

document.addEventListener("paste", (event) => {
  const files = event.clipboardData?.files;
  if (!chooser() || !files?.length) return;
  if (isTyping(event.target) && event.clipboardData.types.includes("text/plain")) return;
  event.preventDefault();
  send(files);
});

function send(files) {
  const carried = new DataTransfer();
  for (const file of files) carried.items.add(file);
  chooser().files = carried.files;
  chooser().form.requestSubmit();
}

// ---- a file is shown beside the form where there is such a place; else the page opens with it

document.addEventListener(
  "click",
  (event) => {
    const link = event.target.closest?.("a[data-show-file]");
    if (!link || document.getElementById("evidence")) return;
    event.stopPropagation(); // without a target the link is an ordinary link
  },
  { capture: true },
);
