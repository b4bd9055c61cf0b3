// A list is come back to as it was left: ways back, and actions that end there, lead to its filter, its sorting and its
// page; and who types a filter goes on typing after the list came anew.
import { all, make } from "./dom.js";

const place = (path) => `left:${path}`;
const TYPING = "typing-in";

addEventListener("pagehide", () => keep(place(location.pathname), location.search));
document.addEventListener("submit", (event) => {
  const field = document.activeElement;
  const isTypedInto = event.target.matches("[data-autosubmit]") && field?.matches("[type=search], [type=text]") && event.target.contains(field);
  if (isTypedInto && !event.defaultPrevented) keep(TYPING, JSON.stringify([location.pathname, field.name]));
});

for (const link of all(".crumbs a, a[data-back]")) {
  const left = kept(place(link.pathname));
  if (left && !link.search && link.pathname !== location.pathname) link.search = left;
}
goOnTyping();

document.addEventListener("submit", ({ target: form }) => {
  const back = document.querySelector(".crumbs a[data-back]");
  if (form.method !== "post" || !back?.search || form.querySelector(":scope > [name=left]")) return;
  form.append(make("input", { type: "hidden", name: "left", value: back.pathname + back.search }));
});

function goOnTyping() {
  const [path, name] = JSON.parse(kept(TYPING) ?? "[]");
  keep(TYPING, "");
  if (path !== location.pathname) return;
  const field = document.querySelector(`[data-autosubmit] [name="${CSS.escape(name)}"]`);
  field?.focus();
  field?.setSelectionRange(field.value.length, field.value.length);
}

function kept(name) {
  try {
    return sessionStorage.getItem(name) || null;
  } catch {
    return null; // storage is blocked: the page works, it only forgets
  }
}

function keep(name, value) {
  try {
    if (value) sessionStorage.setItem(name, value);
    else sessionStorage.removeItem(name);
  } catch {
    // see kept()
  }
}
