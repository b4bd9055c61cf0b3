// After a swap that a person caused, the focus is never lost to <body>:
// it goes to the error summary, to [data-focus], or to the heading of what came.

document.addEventListener("htmx:after:swap", (event) => {
  const { ctx } = event.detail;
  if (ctx.isLive || !ctx.response || cameByItself(ctx)) return;
  const area = areaOf(ctx.target);
  const wanted = area.querySelector("[data-error-summary]") ?? area.querySelector("[data-focus]");
  const isLost = document.activeElement === document.body || !document.activeElement;
  const place = wanted ?? (isLost ? area.querySelector("h1, h2, h3") ?? area : null);
  if (place) focusOn(place);
});

/** Pages of a document and histories are fetched when they are there: nobody asked for them. */
function cameByItself(ctx) {
  return Boolean(ctx.sourceElement?.getAttribute("hx-trigger")?.startsWith("load"));
}

function areaOf(target) {
  if (target?.isConnected) return target;
  return document.getElementById(target?.id) ?? document.getElementById("main") ?? document.body;
}

function focusOn(place) {
  if (!place.matches("a[href], button, input, select, textarea")) place.tabIndex = -1;
  place.focus({ preventScroll: isInView(place) });
}

function isInView(place) {
  const { top, bottom } = place.getBoundingClientRect();
  return top >= 0 && bottom <= innerHeight;
}
