// Time series by uPlot: [data-chart] with data-series (docs/frontend.md, "Charts").
// Redrawn when the attribute changes by a live morph, extended by data ops, recoloured with the theme.
import { all } from "./dom.js";
import { zone } from "./clock.js";

const DEFAULT_HEIGHT = 240;
const MOST_POINTS = 2_000;
const WHOLE_STEPS = [1, 10, 100, 1e3, 1e4, 1e5, 1e6].flatMap((power) => [power, 2 * power, 5 * power]);
const charts = new Map(); // element → {plot, source, data}
const resize = new ResizeObserver((entries) => entries.forEach(({ target }) => fit(target)));

const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function refresh() {
  for (const [element, { plot }] of charts) {
    if (element.isConnected) continue;
    plot.destroy();
    resize.unobserve(element);
    charts.delete(element);
  }
  for (const element of all("[data-chart]")) {
    const chart = charts.get(element);
    if (!chart) draw(element);
    else if (chart.source !== element.dataset.series) update(element, chart);
  }
}

function draw(element) {
  const source = element.dataset.series;
  const { x, series } = JSON.parse(source);
  const data = [x, ...series.map(({ values }) => values)];
  element.replaceChildren();
  const plot = new window.uPlot(options(element, series), data, element);
  charts.set(element, { plot, source, data, shape: shapeOf(series) });
  resize.observe(element);
}

function update(element, chart) {
  const { x, series } = JSON.parse(element.dataset.series);
  if (shapeOf(series) !== chart.shape) return redraw(element);
  chart.source = element.dataset.series;
  chart.data = [x, ...series.map(({ values }) => values)];
  chart.plot.setData(chart.data);
}

const shapeOf = (series) => JSON.stringify(series.map(({ values, ...rest }) => rest));

function redraw(element) {
  charts.get(element)?.plot.destroy();
  charts.delete(element);
  draw(element);
}

function options(element, series) {
  return {
    width: element.clientWidth,
    height: heightOf(element),
    tzDate: (seconds) => window.uPlot.tzDate(new Date(seconds * 1000), zone()),
    cursor: { points: { size: 7 } },
    series: [{ label: element.dataset.timeLabel || "", value: "{YYYY}-{MM}-{DD} {HH}:{mm}" }, ...series.map(line)],
    axes: axes(series),
    scales: { y: { range: fromZero }, y2: { range: fromZero } },
  };
}

function line({ label, tone = 1, fill = false, dash = false, axis = "left" }) {
  const colour = token(`--chart-${tone}`);
  return {
    label,
    stroke: colour,
    width: 1.75,
    fill: fill ? `${colour}22` : undefined,
    dash: dash ? [5, 3] : undefined,
    scale: axis === "right" ? "y2" : "y",
    points: { show: false },
  };
}

function axes(series) {
  const look = { stroke: token("--ink-2"), font: `12px ${token("--font")}`, ticks: { show: false } };
  const grid = { stroke: token("--line-soft"), width: 1 };
  const time = { ...look, size: 32, grid: { show: false }, values: clockLabels };
  const left = { ...look, grid, size: 52, incrs: WHOLE_STEPS, values: numbers };
  const right = { ...look, scale: "y2", side: 1, grid: { show: false }, size: 44, incrs: WHOLE_STEPS, values: numbers };
  return series.some(({ axis }) => axis === "right") ? [time, left, right] : [time, left];
}

const fromZero = (_, __, highest) => [0, Math.max(5, (highest ?? 0) * 1.12)];

const numbers = (_, values) => values.map((value) => value.toLocaleString(document.documentElement.lang || "en"));

function clockLabels(plot, seconds) {
  const span = plot.scales.x.max - plot.scales.x.min;
  const isLong = span > 36 * 3600;
  const look = isLong ? { month: "2-digit", day: "2-digit" } : { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  const format = new Intl.DateTimeFormat(document.documentElement.lang || "en", { ...look, timeZone: zone() });
  return seconds.map((second) => format.format(second * 1000));
}

const heightOf = (element) => Number(element.dataset.height) || DEFAULT_HEIGHT;

function fit(element) {
  const width = element.clientWidth;
  const plot = charts.get(element)?.plot;
  if (plot && width && plot.width !== width) plot.setSize({ width, height: heightOf(element) });
}

// data: {x: seconds, values: [one per series]}
document.addEventListener("live:data", (event) => {
  const { fragment, data } = event.detail;
  if (!data.values) return;
  for (const element of all(`[data-chart][data-live-data="${CSS.escape(fragment)}"]`)) {
    const chart = charts.get(element);
    if (chart && data.x > (chart.data[0].at(-1) ?? 0)) addPoint(chart, data);
  }
});

function addPoint({ plot, data }, { x, values }) {
  [x, ...values].forEach((value, index) => data[index].push(value));
  if (data[0].length > MOST_POINTS) data.forEach((column) => column.shift());
  plot.setData(data);
}

document.addEventListener("live:applied", refresh);
document.addEventListener("htmx:after:swap", refresh);
document.addEventListener("theme:changed", () => [...charts.keys()].forEach(redraw));
refresh();
