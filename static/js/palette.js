// Ctrl K: everything that can be reached or done from here, by name.
import { all, isVisible, make, nameOf } from "./dom.js";
import { say } from "./words.js";

const MOST_RESULTS = 12;
const dialog = document.getElementById("palette");
const input = dialog.querySelector("input");
const list = dialog.querySelector("ul");
const nothing = dialog.querySelector(".palette-none");
let entries = []; // all that can be chosen: {text, hint, key, go}
let shown = [];
let chosen = 0;

input.addEventListener("input", show);
input.addEventListener("keydown", (event) => {
  if (event.key === "ArrowDown") choose(chosen + 1);
  else if (event.key === "ArrowUp") choose(chosen - 1);
  else if (event.key === "Enter") go(chosen);
  else return;
  event.preventDefault();
});
list.addEventListener("click", (event) => go([...list.children].indexOf(event.target.closest("[role=option]"))));
dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());

export function open() {
  if (dialog.open) return;
  entries = collect();
  input.value = "";
  show();
  dialog.showModal();
  input.focus();
}

function collect() {
  const pages = all(".rail li a").map((link) => entry(link, say("goTo", { name: nameOf(link) })));
  const actions = all("main [data-key], .topbar [data-key], main [data-palette]")
    .filter((control) => isVisible(control) && !control.closest("[data-row]"))
    .map((control) => entry(control, nameOf(control)));
  const looks = all("[data-command=theme], [data-command=density]").map((button) => entry(button, nameOf(button)));
  const rows = all("[data-row]")
    .map((row) => row.querySelector("[data-open]") ?? row.querySelector("a[href]"))
    .filter(Boolean)
    .map((link) => ({ ...entry(link, nameOf(link)), hint: say("onThisPage") }));
  return [...pages, ...actions, ...rows, ...looks].filter(({ text }) => text);
}

const entry = (control, text) => ({ text, hint: "", key: control.dataset.key, go: () => control.click() });

/** Every typed letter in order, anywhere in the text; starts of words count most. */
function score(query, text) {
  const lower = text.toLowerCase();
  if (lower.includes(query)) return lower.startsWith(query) || lower.includes(` ${query}`) ? 2 : 1;
  let at = -1;
  for (const letter of query) {
    at = lower.indexOf(letter, at + 1);
    if (at < 0) return -1;
  }
  return 0;
}

function show() {
  const query = input.value.trim().toLowerCase();
  const scored = entries.map((each) => ({ each, points: score(query, each.text) }));
  shown = scored
    .filter(({ points }) => points >= 0)
    .sort((a, b) => b.points - a.points)
    .slice(0, MOST_RESULTS)
    .map(({ each }) => each);
  list.replaceChildren(...shown.map(option));
  nothing.hidden = shown.length > 0;
  choose(0);
}

function option({ text, hint, key }, index) {
  const item = make("li", { role: "option", id: `palette-${index}` }, make("span", {}, text));
  if (key) item.append(make("kbd", {}, key));
  else if (hint) item.append(make("small", {}, hint));
  return item;
}

function choose(index) {
  const options = [...list.children];
  chosen = options.length ? (index + options.length) % options.length : 0;
  options.forEach((item, position) => (item.ariaSelected = String(position === chosen)));
  options[chosen]?.scrollIntoView({ block: "nearest" });
  input.setAttribute("aria-activedescendant", options[chosen]?.id ?? "");
}

function go(index) {
  const target = shown[index];
  if (!target) return;
  dialog.close();
  target.go();
}
