const TEXT_INPUTS = "input:not([type=checkbox], [type=radio], [type=button], [type=submit]), textarea, select, [contenteditable=true]";

export const all = (selector, root = document) => [...root.querySelectorAll(selector)];

export const isTyping = (element) => Boolean(element?.matches?.(TEXT_INPUTS));

/** A slider is a field that takes no letters: arrows, Home and End are its own keys. */
export const isSlider = (element) => Boolean(element?.matches?.("input[type=range]"));

export const isVisible = (element) => element.checkVisibility?.() ?? element.offsetParent !== null;

/**
 * Click a control for a key that was pressed. What is typed next belongs to the question that opened, at once: the
 * browser tells of the opening only later, and letters in between would be taken for shortcuts.
 */
export function press(control) {
  control.click();
  const opened = control.closest("summary")?.parentElement;
  if (opened?.open) (opened.querySelector("[data-first]") ?? opened.querySelector("input:not([type=hidden]), textarea"))?.focus();
}

/** Return the dialog on top, or the document when none is open. */
export const activeScope = () => all("dialog[open]").at(-1) ?? document;

/** Return the visible name of a control, without its key hint. */
export function nameOf(element) {
  if (element.ariaLabel) return element.ariaLabel;
  const copy = element.cloneNode(true);
  all("kbd, .rail-badge, svg", copy).forEach((part) => part.remove());
  return copy.textContent.replace(/\s+/g, " ").trim();
}

/** Build an element: make("button", {class: "btn", type: "button"}, "Text", child). */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  use.setAttribute("href", `${document.body.dataset.icons}#${name}`);
  svg.append(use);
  return svg;
}

export function stored(name) {
  try {
    return localStorage.getItem(name);
  } catch {
    return null; // storage is blocked: the page works, it only forgets
  }
}

export function store(name, value) {
  try {
    localStorage.setItem(name, value);
  } catch {
    // see stored()
  }
}
