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

// ---- fields that take a file: it is attached to the task, and the field names it

document.addEventListener("change", async (event) => {
  const upload = event.target.closest?.("[data-upload-for]");
  if (!upload?.files.length || !chooser()) return;
  const body = new FormData();
  body.append("file", upload.files[0]);
  const headers = { "X-CSRFToken": document.querySelector("meta[name=csrf-token]").content, "X-Requested-By": "field" };
  const answer = await fetch(chooser().form.action, { method: "POST", body, headers });
  upload.value = "";
  const said = await answer.json().catch(() => ({ files: [], refused: answer.statusText }));
  offer(said.files, answer.ok && upload.dataset.uploadFor);
  upload.setCustomValidity(said.refused ?? "");
  upload.reportValidity();
});

/** Every field for files offers the new one; the field that asked for it has it. */
function offer(files, name) {
  for (const select of document.querySelectorAll("[data-file-field]")) {
    for (const file of files) {
      if (![...select.options].some((option) => option.value === file.ref)) select.add(new Option(file.title, file.ref));
    }
    if (select.name !== name || !files.length) continue;
    select.value = files.at(-1).ref;
    select.dispatchEvent(new Event("change", { bubbles: true }));
  }
}
