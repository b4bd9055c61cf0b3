// What happens on a diagram: counts at elements, their colours, and problems. Called by workflow_diagram.js.
import { icon, make } from "./dom.js";

// In the order of the four counts that the server sends for each element
const SORTS = [
  { name: "running", glyph: "player-play" },
  { name: "person", glyph: "user-question" },
  { name: "failed", glyph: "alert-triangle" },
  { name: "done", glyph: "check" },
];

const SMALL_PX = 60; // events and gateways: their names stand below

/**
 * Keep what the server says of this figure: data {marks: {element: counts}, whole?: true}; `whole` names all there are.
 * From the page's start on: the drawing comes later, on phones at a tap, and what came meanwhile is not sent again.
 * Tells `onChange` what is different; what is not named stays as it is.
 */
export function followMarks(figure, onChange) {
  const marks = JSON.parse(figure.dataset.marks || "{}");
  document.addEventListener("live:data", ({ detail: { fragment, data } }) => {
    if (fragment !== figure.dataset.liveData || !data.marks) return;
    const gone = data.whole ? Object.keys(marks).filter((id) => !(id in data.marks)) : [];
    const changed = { ...Object.fromEntries(gone.map((id) => [id, [0, 0, 0, 0]])), ...data.marks };
    Object.assign(marks, changed);
    onChange(changed);
  });
  return marks;
}

/** Show `marks`: element → [running, person, failed, done]. */
export function takeMarks(diagram, marks, figure) {
  for (const [id, counts] of Object.entries(marks)) mark(diagram, id, counts, figure);
}

function mark(diagram, id, counts, figure) {
  const element = diagram.viewer.get("elementRegistry").get(id);
  if (!element) return; // a version may lack it, or it is not drawn
  const canvas = diagram.viewer.get("canvas");
  for (const [index, { name }] of SORTS.entries()) {
    if (index === loudest(counts)) canvas.addMarker(id, `is-${name}`);
    else canvas.removeMarker(id, `is-${name}`);
  }
  const badge = diagram.shown.get(id) ?? addBadge(diagram, element);
  diagram.shown.set(id, badge);
  // that something small was passed once, its colour says
  const isQuiet = element.width < SMALL_PX && counts[3] === 1;
  fill(badge, isQuiet ? counts.with(3, 0) : counts, figure);
}

/** Failed before person before running before done; -1 for none. */
const loudest = (counts) => [2, 1, 0, 3].find((index) => counts[index] > 0) ?? -1;

function addBadge({ viewer }, element) {
  if (element.waypoints) return null; // lines only change their colour
  const badge = make("div", { class: "diagram-badges" });
  const position = element.width < SMALL_PX ? { top: -14, left: 18 } : { bottom: 11, left: -9 };
  viewer.get("overlays").add(element, "counts", { position, scale: { min: 0.85, max: 1.2 }, html: badge });
  return badge;
}

function fill(badge, counts, figure) {
  if (!badge) return;
  badge.replaceChildren(...SORTS.flatMap((sort, index) => (counts[index] ? [count(sort, counts[index], figure)] : [])));
}

function count({ name, glyph }, number, figure) {
  const word = figure.dataset[`word${name[0].toUpperCase()}${name.slice(1)}`];
  const text = number.toLocaleString(document.documentElement.lang || "en");
  return make("span", { class: `diagram-count tone-${name}`, "data-count": name, title: `${word}: ${text}` }, icon(glyph), text);
}

/** Show problems: element → sentences. */
export function markProblems({ viewer }, problems) {
  for (const [id, { severity, messages }] of Object.entries(problems)) {
    if (!viewer.get("elementRegistry").get(id)) continue;
    viewer.get("canvas").addMarker(id, severity === "error" ? "is-failed" : "is-doubtful");
    const badge = make("span", { class: `diagram-count tone-${severity === "error" ? "failed" : "retry"}`, title: messages.join("\n") }, icon("alert-triangle"), String(messages.length));
    viewer.get("overlays").add(id, "problems", { position: { top: -12, right: 14 }, html: badge });
  }
}
