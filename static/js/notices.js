// Notices: the bell loads its panel when it opens; whatever is opened is read.
import { all } from "./dom.js";

const bell = document.querySelector("[data-bell]");

function post(url, fields = {}) {
  const body = new URLSearchParams(fields);
  const headers = { "X-CSRFToken": document.querySelector("meta[name=csrf-token]").content, "X-Quiet": "1" };
  // the page may be left at the same moment
  return fetch(url, { method: "POST", body, headers, keepalive: true }).catch(() => {});
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-notice]");
  if (link) post(`${bell.dataset.bell}${link.dataset.notice}/read/`);
});
document.addEventListener("auxclick", (event) => {
  const link = event.target.closest("a[data-notice]");
  if (link && event.button === 1) post(`${bell.dataset.bell}${link.dataset.notice}/read/`);
});

// What the page shows has been seen: its notices are no longer new.
let told = "";
function tellSeen() {
  const shown = all("[data-task]").find((pane) => pane.getClientRects().length);
  const subject = shown ? `task:${shown.dataset.task}` : "";
  const isNew = document.querySelector("[data-bell-count]")?.textContent.trim();
  if (!subject || subject === told || !isNew) return;
  told = subject;
  post(`${bell.dataset.bell}seen/`, { subject });
}

if (bell) {
  document.addEventListener("htmx:after:swap", tellSeen);
  tellSeen();
}
