// Evidence beside the fields: pages and zoom, and field ↔ place on the page, both ways.
import { all } from "./dom.js";
import { controlOf, fieldAt, fieldOf } from "./predictions.js";
import { goTo } from "./go_to.js";
import "./schema_form.js";

const ZOOM_STEPS = 6;
const MAX_TEXT_NODES = 5_000;
const SHORTEST_TEXT = 2;

const evidence = () => document.getElementById("evidence");
const viewer = () => document.querySelector("[data-evidence-pages]");
const scroller = () => viewer()?.querySelector(".evidence-scroll");
const pages = () => all("[data-evidence-page]", viewer() ?? document.createElement("div"));
const isCalm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

// ---- pages

/** Show the page before (-1) or after (1) the one in sight. */
export function turnPage(step) {
  const all_ = pages();
  const next = all_[Math.min(Math.max(all_.indexOf(pageInSight()) + step, 0), all_.length - 1)];
  if (next) scrollInto(next);
}

/** Make the pages larger (1) or smaller (-1); 0 fits them to the width. */
export function zoom(step) {
  const box = viewer();
  if (!box) return;
  const now = step ? Number(box.dataset.zoom) + step : 0;
  box.dataset.zoom = Math.min(Math.max(now, -2), ZOOM_STEPS);
  store("evidence-zoom", box.dataset.zoom);
}

function pageInSight() {
  const outer = scroller().getBoundingClientRect();
  const middle = outer.top + outer.height / 2;
  return pages().findLast((page) => page.getBoundingClientRect().top <= middle) ?? pages()[0];
}

function sayPage() {
  const where = viewer()?.querySelector("[data-evidence-where]");
  if (where) where.textContent = pageInSight().dataset.evidencePage;
}

document.addEventListener("click", (event) => {
  const turn = event.target.closest?.("[data-evidence-turn]");
  const size = event.target.closest?.("[data-evidence-zoom]");
  const fold = event.target.closest?.("[data-evidence-fold]");
  if (turn) turnPage(Number(turn.dataset.evidenceTurn));
  else if (size) zoom(Number(size.dataset.evidenceZoom));
  else if (fold) fold.ariaExpanded = String(evidence().toggleAttribute("data-ui-folded") === false);
});

document.addEventListener("scroll", (event) => event.target === scroller() && sayPage(), { capture: true, passive: true });

// ---- field → place: the box of the field in focus is shown, in the file that it is in

let wanted = null; // the field whose file is being fetched

document.addEventListener("focusin", (event) => {
  const field = fieldOf(event.target);
  if (field && !event.target.closest("#evidence")) showPlaceOf(field);
});

/** Show where the value of a field stands. */
export function showPlaceOf(field) {
  const place = evidence();
  if (!place) return;
  const file = field.dataset.file;
  if (file && file !== place.dataset.fileName) {
    const link = all(".evidence-files a", place).find((each) => each.dataset.fileName === file);
    if (link) {
      wanted = field.dataset.path;
      link.click();
      return;
    }
  }
  mark(field);
}

function mark(field) {
  const boxes = all("[data-box-of]");
  for (const box of boxes) box.classList.toggle("is-active", box.dataset.boxOf === field.dataset.path);
  const own = boxes.find((box) => box.dataset.boxOf === field.dataset.path);
  if (own) scrollInto(own);
  else if (field.dataset.page && viewer()) scrollInto(pages()[Number(field.dataset.page) - 1]);
  else markText(field);
}

/** Bring an element of the viewer to its middle, and leave the page around it where it is. */
function scrollInto(element) {
  const box = scroller();
  if (!element || !box) return;
  const [inner, outer] = [element.getBoundingClientRect(), box.getBoundingClientRect()];
  const isPage = element.matches("[data-evidence-page]");
  const top = isPage ? inner.top - outer.top : inner.top - outer.top - (outer.height - inner.height) / 2;
  const left = isPage ? 0 : Math.max(inner.right - outer.right, 0) || Math.min(inner.left - outer.left, 0);
  box.scrollBy({ top, left, behavior: isCalm() ? "instant" : "smooth" });
}

// ---- documents that are text: the value is looked for where it is written

function markText(field) {
  if (!globalThis.Highlight || !CSS.highlights) return;
  CSS.highlights.delete("evidence");
  const body = document.getElementById("evidence-body");
  const value = textOf(controlOf(field));
  if (!body || viewer() || value.length < SHORTEST_TEXT) return;
  const range = find(body, spellings(value));
  if (!range) return;
  CSS.highlights.set("evidence", new Highlight(range));
  for (let fold = range.startContainer.parentElement.closest("details:not([open])"); fold; fold = fold.parentElement.closest("details:not([open])")) fold.open = true;
  const [place, outer] = [range.getBoundingClientRect(), evidence().getBoundingClientRect()];
  evidence().scrollBy({ top: place.top - outer.top - outer.height / 2, behavior: isCalm() ? "instant" : "smooth" });
}

function textOf(control) {
  if (!control || control.type === "checkbox") return "";
  return (control.matches("select") ? (control.selectedOptions[0]?.textContent ?? "") : control.value).trim();
}

function spellings(value) {
  if (!/^-?\d+(\.\d+)?$/.test(value)) return [value];
  const plain = Number(value);
  const written = ["en-US", "de-DE", "fr-FR"].flatMap((language) => [plain.toLocaleString(language, { minimumFractionDigits: 2 }), plain.toLocaleString(language)]);
  return [value, ...written, plain.toFixed(2), plain.toFixed(2).replace(".", ",")];
}

function find(body, texts) {
  const walker = document.createTreeWalker(body, NodeFilter.SHOW_TEXT);
  const nodes = [];
  while (nodes.length < MAX_TEXT_NODES && walker.nextNode()) nodes.push(walker.currentNode);
  for (const text of texts) {
    for (const node of nodes) {
      const at = node.data.indexOf(text);
      if (at < 0 || isWithinNumber(node.data, at, text.length)) continue;
      const range = new Range();
      range.setStart(node, at);
      range.setEnd(node, at + text.length);
      return range;
    }
  }
  return null;
}

const isWithinNumber = (data, at, length) => /\d/.test(data[at] ?? "") && (/\d/.test(data[at - 1] ?? "") || /\d/.test(data[at + length] ?? ""));

// ---- place → field

document.addEventListener("click", (event) => {
  const box = event.target.closest?.("[data-box-of]");
  if (box) goTo(controlOrField(fieldAt(box.dataset.boxOf, document.getElementById("task-form") ?? document)));
});

document.addEventListener("pointerover", (event) => {
  const box = event.target.closest?.("[data-box-of]");
  for (const field of all("[data-ui-pointed]")) delete field.dataset.uiPointed;
  const field = box && fieldAt(box.dataset.boxOf);
  if (field) field.dataset.uiPointed = "";
});

const controlOrField = (field) => field && (controlOf(field) ?? field);

// ---- what was just put on the page

function begin() {
  const zoomed = stored("evidence-zoom");
  if (viewer() && zoomed) viewer().dataset.zoom = zoomed;
  const field = wanted && fieldAt(wanted);
  const focused = document.activeElement && fieldOf(document.activeElement);
  wanted = null;
  if (field ?? focused) mark(field ?? focused);
}

document.addEventListener("htmx:after:swap", (event) => !event.detail.ctx.isLive && begin());
begin();

function stored(name) {
  try {
    return sessionStorage.getItem(name);
  } catch {
    return null;
  }
}

function store(name, value) {
  try {
    sessionStorage.setItem(name, value);
  } catch {
    // storage is blocked: the zoom is forgotten, nothing else
  }
}
