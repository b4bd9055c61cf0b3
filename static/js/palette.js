// Ctrl K: everything that can be reached or done from here, by name; and what the server finds.
import { all, icon, isVisible, make, nameOf } from "./dom.js";
import { say } from "./words.js";

const MOST_OF_HERE = 12;
const FEWER_BESIDE_FOUND = 5;
const PAUSE_MS = 120;
const MOST_RECENT = 6;
const MOST_SENT = 500;
const dialog = document.getElementById("palette");
const input = dialog.querySelector("input");
const list = dialog.querySelector("ul");
const nothing = dialog.querySelector(".palette-none");
const state = dialog.querySelector("[role=status]");
let entries = []; // all that can be chosen on this page: {text, hint, key, go}
let found = []; // what the server found for `foundFor`
let foundFor = "";
let shown = [];
let chosen = 0;
let isMoved = false; // by the arrow keys: what comes later must not choose something else
let timer = 0;
let asking = null;

input.addEventListener("input", () => {
  isMoved = false;
  show();
  clearTimeout(timer);
  timer = setTimeout(ask, PAUSE_MS);
});
input.addEventListener("keydown", (event) => {
  if (event.isComposing) return;
  if (event.key === "ArrowDown") move(1);
  else if (event.key === "ArrowUp") move(-1);
  else if (event.key === "Enter") enter();
  else return;
  event.preventDefault();
});
list.addEventListener("click", (event) => go([...list.children].indexOf(event.target.closest("[role=option]"))));
dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
dialog.addEventListener("close", () => asking?.abort());

export function open() {
  if (dialog.open) return;
  entries = collect();
  forget();
  input.value = "";
  isMoved = false;
  show();
  dialog.showModal();
  input.focus();
}

const typed = () => input.value.trim();

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
  return [...recent(), ...pages, ...actions, ...rows, ...looks].filter(({ text }) => text);
}

const entry = (control, text) => ({ text, hint: "", key: control.dataset.key, path: control.getAttribute("href"), go: () => control.click() });

// ---- what was opened from here lately, in this tab and by this person

const memory = `palette-recent-${dialog.dataset.me}`;

function recent() {
  return remembered().map(({ text, url, icon: name }) => ({ text, hint: say("openedLately"), icon: name, go: () => location.assign(url) }));
}

function remembered() {
  try {
    return JSON.parse(sessionStorage.getItem(memory)) ?? [];
  } catch {
    return []; // storage is blocked, or holds something else: nothing was opened lately
  }
}

function remember(hit) {
  const others = remembered().filter(({ url }) => url !== hit.url);
  try {
    sessionStorage.setItem(memory, JSON.stringify([hit, ...others].slice(0, MOST_RECENT)));
  } catch {
    // see remembered()
  }
}

// ---- what the server finds

async function ask() {
  const query = typed();
  asking?.abort();
  if (!query || !dialog.dataset.url) return forget();
  asking = new AbortController();
  try {
    // what is longer than any name is refused, whatever its end
    const said = encodeURIComponent(query.slice(0, MOST_SENT));
    const answer = await fetch(`${dialog.dataset.url}?q=${said}`, { signal: asking.signal, headers: { Accept: "application/json" } });
    if (answer.redirected || !answer.headers.get("Content-Type")?.includes("json")) throw new TypeError("no answer");
    const { hits, problem } = await answer.json();
    if (query === typed()) take(query, hits, problem);
  } catch (error) {
    if (error.name !== "AbortError" && query === typed()) take(query, [], say("searchFailed"));
  }
}

function take(query, hits, problem = "") {
  found = hits.map((hit) => ({ ...hit, go: () => openHit(hit) }));
  foundFor = query;
  show(problem);
}

function forget() {
  asking?.abort();
  found = [];
  foundFor = "";
}

function openHit({ text, url, icon: name }) {
  remember({ text, url, icon: name });
  location.assign(url);
}

/** Enter waits for the answer to what is typed: a number that was pasted is gone to, not what stood there before. */
async function enter() {
  const query = typed();
  if (query && foundFor !== query && !isMoved) {
    clearTimeout(timer);
    await ask();
    if (query !== typed() || !dialog.open) return;
  }
  go(chosen);
}

// ---- the list

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

function show(problem = "") {
  const query = typed().toLowerCase();
  const before = isMoved ? shown[chosen] : undefined;
  const fits = (foundFor === typed() ? found : []).filter(({ url }) => !isHere(url, query));
  const scored = entries.map((each) => ({ each, points: score(query, each.text) }));
  const here = scored
    .filter(({ points }) => points >= 0)
    .sort((a, b) => b.points - a.points)
    .slice(0, fits.length ? FEWER_BESIDE_FOUND : MOST_OF_HERE);
  // letters scattered over a name are a guess: what was found comes before it
  const sure = here.filter(({ points }) => points > 0 || !fits.length).map(({ each }) => each);
  const guesses = here.filter(({ points }) => points === 0 && fits.length).map(({ each }) => each);
  shown = isNumbered(query) ? [...fits, ...sure, ...guesses] : [...sure, ...fits, ...guesses];
  list.replaceChildren(...shown.map(option));
  const isWaiting = Boolean(typed()) && foundFor !== typed();
  nothing.textContent = problem || say(isWaiting ? "searching" : "nothingFound");
  nothing.hidden = shown.length > 0 && !problem;
  state.textContent = isWaiting ? "" : say("nFound", { count: shown.length });
  choose(Math.max(0, shown.indexOf(before)));
}

/** Whether a link of this page with that name leads there: then it is in the list already. */
const isHere = (url, query) => entries.some(({ path, text }) => path === url && score(query, text) > 0);

/** A digit names one thing more surely than a page. */
const isNumbered = (query) => /\d/.test(query);

function option({ text, hint, key, icon: name }, index) {
  const item = make("li", { role: "option", id: `palette-${index}` }, ...(name ? [icon(name)] : []), make("span", {}, text));
  if (key) item.append(make("kbd", {}, key));
  else if (hint) item.append(make("small", {}, hint));
  return item;
}

function move(by) {
  isMoved = true;
  choose(chosen + by);
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
