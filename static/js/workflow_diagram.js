// [data-diagram]: a BPMN drawing with what happens on it (docs/frontend.md, "Diagrams"), by bpmn-js, loaded by pages that have one.
// Counts come with the page, then by data ops; nothing is drawn anew. The table of steps beside it says the same in words.
import { command } from "./commands.js";
import { all } from "./dom.js";
import { followMarks, markProblems, takeMarks } from "./diagram_marks.js";

const PADDING_PX = 24;
const LOWEST_PX = 200;
const HIGHEST_SHARE = 0.62; // of the window
const LARGEST_ZOOM = 1;
const ZOOM_STEP = 1.25;
const PHONE = matchMedia("(max-width: 40rem)");

const diagrams = new Map(); // figure → {viewer, shown, isMoved}, once it is drawn
const marksOf = new WeakMap(); // figure → {element: counts}, drawn or not
const resize = new ResizeObserver((entries) => entries.forEach(({ target }) => fitAgain(target.closest("[data-diagram]"))));

function start() {
  for (const figure of all("[data-diagram]:not([data-ui-diagram])")) {
    figure.dataset.uiDiagram = "1";
    marksOf.set(figure, followMarks(figure, (changed) => diagrams.has(figure) && takeMarks(diagrams.get(figure), changed, figure)));
    const isOnDemand = PHONE.matches || "onDemand" in figure.dataset;
    if (isOnDemand) figure.querySelector("[data-diagram-open]").hidden = false;
    else open(figure);
  }
}

command("open-diagram", (button) => {
  button.closest("[data-diagram-open]").hidden = true;
  open(button.closest("[data-diagram]"));
});

async function open(figure) {
  const stage = figure.querySelector("[data-diagram-canvas]");
  stage.hidden = false;
  try {
    const xml = await xmlOf(figure);
    stage.style.height = `${stage.offsetHeight}px`;
    stage.replaceChildren();
    if (!xml.includes("BPMNDiagram")) return close(figure, stage);
    const viewer = new window.BpmnJS({ container: stage, bpmnRenderer: look(), zoomScroll: { enabled: false } });
    await viewer.importXML(xml);
    const diagram = { viewer, isMoved: false, shown: new Map() };
    diagrams.set(figure, diagram);
    begin(figure, diagram, stage);
    figure.dataset.uiReady = "1";
  } catch (error) {
    console.warn("diagram", error);
    close(figure, stage);
  }
}

/** There is nothing to draw: the note says so, and nobody is told how to move it. */
function close(figure, stage) {
  stage.hidden = true;
  figure.querySelector("[data-diagram-help]").hidden = true;
  figure.querySelector("[data-diagram-failed]").hidden = false;
  figure.dataset.uiReady = "1";
}

async function xmlOf({ dataset }) {
  if (dataset.xmlIn) return JSON.parse(document.querySelector(dataset.xmlIn).textContent);
  const response = await fetch(dataset.xmlUrl, { credentials: "same-origin" });
  if (!response.ok) throw new Error(`status ${response.status}`);
  return response.text();
}

/** Colours as custom properties: a change of the theme needs nothing from us. */
const look = () => ({ defaultFillColor: "var(--diagram-fill)", defaultStrokeColor: "var(--diagram-line)", defaultLabelColor: "var(--diagram-ink)" });

function begin(figure, diagram, stage) {
  describe(figure, stage);
  figure.querySelector("[data-diagram-tools]").hidden = false;
  setHeight(diagram, stage);
  fit(diagram);
  resize.observe(stage);
  diagram.viewer.on("canvas.viewbox.changed", () => (diagram.isMoved = !diagram.isFitting));
  diagram.viewer.on("element.click", ({ element }) => select(figure, element.id));
  stage.addEventListener("wheel", (event) => zoomByWheel(diagram, event), { passive: false });
  markProblems(diagram, JSON.parse(figure.dataset.problems || "{}"));
  takeMarks(diagram, marksOf.get(figure), figure);
}

/** The drawing takes the focus, so it needs a name, and a word on how to move it. */
function describe(figure, stage) {
  const svg = stage.querySelector("svg");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", figure.dataset.label);
  svg.setAttribute("aria-describedby", figure.querySelector("[data-diagram-help]").id);
  if (!svg.hasAttribute("tabindex")) svg.setAttribute("tabindex", "0");
}

// ---- size and place

function setHeight({ viewer }, stage) {
  const { inner } = viewer.get("canvas").viewbox();
  const scale = Math.min(LARGEST_ZOOM, (stage.clientWidth - 2 * PADDING_PX) / inner.width);
  const wanted = Math.max(LOWEST_PX, inner.height * scale + 2 * PADDING_PX);
  stage.style.height = `${Math.round(Math.min(wanted, innerHeight * HIGHEST_SHARE))}px`;
  viewer.get("canvas").resized();
}

function fit(diagram) {
  const canvas = diagram.viewer.get("canvas");
  const { inner, outer } = canvas.viewbox();
  const scale = Math.min(LARGEST_ZOOM, (outer.width - 2 * PADDING_PX) / inner.width, (outer.height - 2 * PADDING_PX) / inner.height);
  if (!(scale > 0) || !Number.isFinite(scale)) return;
  const width = outer.width / scale;
  const height = outer.height / scale;
  diagram.isFitting = true;
  canvas.viewbox({ x: inner.x - (width - inner.width) / 2, y: inner.y - (height - inner.height) / 2, width, height });
  diagram.isFitting = diagram.isMoved = false;
}

function fitAgain(figure) {
  const diagram = diagrams.get(figure);
  if (!diagram) return;
  diagram.viewer.get("canvas").resized();
  if (!diagram.isMoved) fit(diagram);
}

function zoomByWheel({ viewer }, event) {
  if (!event.ctrlKey && !event.metaKey) return; // the page scrolls
  event.preventDefault();
  const canvas = viewer.get("canvas");
  const box = event.currentTarget.getBoundingClientRect();
  const factor = event.deltaY < 0 ? ZOOM_STEP : 1 / ZOOM_STEP;
  canvas.zoom(canvas.zoom() * factor, { x: event.clientX - box.left, y: event.clientY - box.top });
}

const diagramOf = (element) => diagrams.get(element.closest("[data-diagram]"));

command("diagram-in", (button) => zoomBy(diagramOf(button), ZOOM_STEP));
command("diagram-out", (button) => zoomBy(diagramOf(button), 1 / ZOOM_STEP));
command("diagram-fit", (button) => diagramOf(button) && fit(diagramOf(button)));

function zoomBy(diagram, factor) {
  const canvas = diagram?.viewer.get("canvas");
  canvas?.zoom(canvas.zoom() * factor, "auto");
}

// ---- the table of steps and the drawing point at each other

command("show-element", (button) => {
  const [figure] = diagrams.keys();
  if (!figure) return;
  select(figure, button.dataset.element);
  diagrams.get(figure).viewer.get("canvas").scrollToElement(button.dataset.element, PADDING_PX * 2);
  figure.scrollIntoView({ block: "nearest" });
});

function select(figure, id) {
  const diagram = diagrams.get(figure);
  const canvas = diagram.viewer.get("canvas");
  const known = diagram.viewer.get("elementRegistry").get(id);
  if (diagram.selected) canvas.removeMarker(diagram.selected, "is-selected");
  diagram.selected = known && known !== canvas.getRootElement() ? id : null;
  if (diagram.selected) canvas.addMarker(id, "is-selected");
  for (const row of all("[data-element-row]")) row.classList.toggle("is-marked", row.dataset.elementRow === diagram.selected);
}

start();
document.addEventListener("htmx:after:swap", start);
