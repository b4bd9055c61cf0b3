// Around the task: whom to hand it to, how much room the document gets, filters and views of the list, selections.
import { all, make } from "./dom.js";
import { command, openDialog } from "./commands.js";

// ---- people: fetched when they are asked for, so loads and absences are those of now

command("open-people", async (button) => {
  const dialog = document.getElementById("people");
  const place = dialog.querySelector("[data-people]");
  place.replaceChildren();
  openDialog(dialog);
  await window.htmx.ajax("GET", button.dataset.url, { target: place, swap: "innerHTML" });
  place.querySelector("[data-people-find]")?.focus();
});

document.addEventListener("input", ({ target }) => {
  if (!target.matches?.("[data-people-find]")) return;
  const wanted = target.value.trim().toLowerCase();
  for (const row of all("[data-person-name]")) row.hidden = !row.dataset.personName.includes(wanted);
});

document.addEventListener("keydown", (event) => {
  const dialog = event.target.closest?.("#people");
  if (!dialog || event.isComposing) return;
  const choices = all("[data-person-name]:not([hidden]) button:not(:disabled)", dialog);
  const at = choices.indexOf(document.activeElement);
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    choices.at((at + (event.key === "ArrowDown" ? 1 : at < 0 ? 0 : -1)) % choices.length)?.focus();
  } else if (event.key === "Enter" && event.target.matches("[data-people-find]")) {
    event.preventDefault();
    choices[0]?.click();
  }
});

// ---- the document beside the form: the border is dragged, or moved by the arrows; each person's screen remembers it

const SHARE = "evidence-share";
const [LEAST, MOST, STEP] = [25, 75, 5];

function setShare(splitter, share) {
  const rounded = Math.round(Math.min(MOST, Math.max(LEAST, share)));
  splitter.parentElement.style.setProperty("--form-share", `${rounded}fr`);
  splitter.parentElement.style.setProperty("--document-share", `${100 - rounded}fr`);
  splitter.ariaValueNow = String(rounded);
  try {
    localStorage.setItem(SHARE, String(rounded));
  } catch {
    // it is forgotten, then
  }
}

export function layOut() {
  const splitter = document.querySelector("[data-splitter]");
  let share = null;
  try {
    share = localStorage.getItem(SHARE);
  } catch {
    return;
  }
  if (splitter && share) setShare(splitter, Number(share));
}

document.addEventListener("pointerdown", (event) => {
  const splitter = event.target.closest?.("[data-splitter]");
  if (!splitter) return;
  event.preventDefault();
  splitter.setPointerCapture(event.pointerId);
  const { left, width } = splitter.parentElement.getBoundingClientRect();
  const move = ({ clientX }) => setShare(splitter, ((clientX - left) / width) * 100);
  splitter.addEventListener("pointermove", move);
  splitter.addEventListener("lostpointercapture", () => splitter.removeEventListener("pointermove", move), { once: true });
});

document.addEventListener("keydown", (event) => {
  if (!event.target.matches?.("[data-splitter]")) return;
  const by = { ArrowLeft: -STEP, ArrowRight: STEP }[event.key];
  if (!by) return;
  event.preventDefault();
  setShare(event.target, Number(event.target.ariaValueNow) + by);
});

// ---- filters and views

document.addEventListener("change", ({ target }) => {
  const form = target.closest?.(".inbox-filters");
  if (form) showChosen(form);
});

function showChosen(form) {
  const place = form.querySelector("[data-filter-count]");
  const n = all(".filter-choices :is(select, input)", form).filter((one) => (one.type === "checkbox" ? one.checked : one.value)).length;
  place.textContent = n;
  place.hidden = n === 0;
}

// what is saved is what the address says now, not what it said when the page came
document.addEventListener("submit", ({ target }) => {
  if (target.matches?.("[data-view-save]")) target.elements.query.value = location.search.slice(1);
});

// ---- many at once

// ---- names after @: fetched once a page, offered while one is typed

const NAME = /(?:^|[^\w.@+-])@([\w.@+-]{0,30})$/;
const MOST_NAMES = 6;
let people = null;

document.addEventListener("input", async ({ target }) => {
  if (!target.matches?.("[data-mentions]")) return;
  const said = NAME.exec(target.value.slice(0, target.selectionStart));
  if (!said) return offer(target, []);
  people ??= fetch(target.dataset.mentions).then((answer) => (answer.ok ? answer.json() : { people: [] }));
  const wanted = said[1].toLowerCase();
  const found = (await people).people.filter(({ username, name }) => `${username} ${name}`.toLowerCase().includes(wanted));
  offer(target, found.slice(0, MOST_NAMES));
});

function offer(area, found) {
  const list = document.getElementById(area.getAttribute("aria-controls"));
  list.replaceChildren(...found.map(({ username, name }) => choice(area, username, name)));
  list.hidden = !found.length;
}

function choice(area, username, name) {
  const button = make("button", { type: "button", class: "btn btn-sm" }, `${name} (@${username})`);
  button.addEventListener("click", () => {
    const before = area.value.slice(0, area.selectionStart).replace(/@[\w.@+-]*$/, `@${username} `);
    const at = before.length;
    area.value = before + area.value.slice(area.selectionStart);
    offer(area, []);
    area.focus();
    area.setSelectionRange(at, at);
  });
  return make("li", {}, button);
}

document.addEventListener("keydown", (event) => {
  const area = event.target;
  if (!area.matches?.("[data-mentions]")) return;
  const list = document.getElementById(area.getAttribute("aria-controls"));
  const first = list.hidden ? null : list.querySelector("button");
  if (!first) return;
  if (event.key === "Tab" && !event.shiftKey) {
    event.preventDefault();
    first.click();
  } else if (event.key === "ArrowDown") {
    event.preventDefault();
    first.focus();
  }
});

const keys = document.querySelector("[data-keys-of=inbox]");
if (keys) keys.hidden = false;
layOut();
