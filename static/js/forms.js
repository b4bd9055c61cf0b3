// Filters that submit themselves, drafts, Ctrl Enter, and no second submit of the same form.
import { all } from "./dom.js";

const TYPING_PAUSE_MS = 300;
const SECOND_SEND_MS = 5_000; // a download or a 204 leaves the page as it is: then sending works again
const SUBMITS = "[type=submit]:not(:disabled), button:not([type]):not(:disabled)";
const timers = new WeakMap();

// --- <form data-autosubmit>: choices at once, typing after a pause
document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-autosubmit]");
  if (form && !event.target.matches("[type=search], [type=text]")) form.requestSubmit();
});
document.addEventListener("input", (event) => {
  const form = event.target.closest("form[data-autosubmit]");
  if (!form || !event.target.matches("[type=search], [type=text]")) return;
  clearTimeout(timers.get(form));
  timers.set(form, setTimeout(() => form.requestSubmit(), TYPING_PAUSE_MS));
});

// --- empty filters stay out of the URL of a plain GET form
document.addEventListener("formdata", (event) => {
  if (!event.target.matches("[data-autosubmit]")) return;
  for (const [name, value] of [...event.formData]) if (value === "") event.formData.delete(name);
});

// --- Ctrl Enter sends the first decision with what is in the fields now: from within them, one that takes them
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  const form = event.target.closest?.("form") ?? document.querySelector("form:has([data-decision])");
  const decides = form?.querySelector("[data-decision]");
  const takes = event.target.closest?.(".task-fields") && form?.querySelector("[data-takes-values]:not(:disabled)");
  const button = takes || form?.querySelector(decides ? "[data-decision]:not(:disabled)" : SUBMITS);
  if (!button) return;
  event.preventDefault();
  button.click();
});

// --- a second click on Send does nothing while the first is under way
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || event.defaultPrevented) return; // prevented: htmx sends it, one request at a time
  if (form.ariaBusy === "true") event.preventDefault();
  form.ariaBusy = "true";
  setTimeout(() => (form.ariaBusy = null), SECOND_SEND_MS);
});
addEventListener("pageshow", () => all("form[aria-busy]").forEach((form) => (form.ariaBusy = null)));

// --- <form data-draft="task-12">: what was typed survives a reload and a lost session
const draftKey = (form) => `draft:${form.dataset.draft}`;

document.addEventListener("input", (event) => {
  const form = event.target.closest("form[data-draft]");
  if (!form) return;
  const values = [...new FormData(form)].filter(([name, value]) => typeof value === "string" && name !== "csrfmiddlewaretoken");
  sessionStorage.setItem(draftKey(form), JSON.stringify(values));
});
document.addEventListener("htmx:after:request", (event) => {
  const form = event.detail.ctx.sourceElement.closest("form[data-draft]");
  if (form && event.detail.ctx.response.status < 300) sessionStorage.removeItem(draftKey(form));
});
document.addEventListener("htmx:after:swap", restoreDrafts);
restoreDrafts();

function restoreDrafts() {
  for (const form of all("form[data-draft]:not([data-ui-restored])")) {
    form.dataset.uiRestored = "1";
    const values = JSON.parse(sessionStorage.getItem(draftKey(form)) ?? "[]");
    for (const [name, value] of values) restore(form.elements.namedItem(name), value);
  }
}

function restore(control, value) {
  if (!control || control.type === "file" || control.type === "hidden") return;
  if (control.type === "checkbox") control.checked = true;
  else control.value = value;
}
