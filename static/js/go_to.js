/** Focus a field, or the first in a group, and open what is folded around it. */
export function goTo(place) {
  if (!place) return;
  for (let box = place.closest("details:not([open])"); box; box = box.parentElement.closest("details:not([open])")) box.open = true;
  const field = place.matches("input, select, textarea, button") ? place : place.querySelector("input:not([type=hidden], [data-looked-at]), select, textarea, button, [data-looked-at]");
  (field ?? place).focus();
  if (field?.select && field.type === "text") field.select();
}
