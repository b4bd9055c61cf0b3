// Questions of a decision, asked in place, on pages beside the inbox: the cursor goes into the question, Enter answers
// it, Escape leaves it. Without this script Enter does nothing there, and the button does it all.
addEventListener("toggle", ({ target }) => {
  if (target.matches?.("details.ask") && target.open) target.querySelector(".ask-panel :is(input, textarea)")?.focus();
}, true);

document.addEventListener("keydown", (event) => {
  const ask = event.target.closest?.(".ask-panel")?.closest("details");
  if (ask && event.key === "Enter" && (event.target.matches("input") || event.ctrlKey)) {
    event.preventDefault();
    ask.querySelector("[data-ask-submit]").click();
  } else if (ask && event.key === "Escape") {
    event.preventDefault();
    ask.open = false;
    ask.querySelector("summary").focus();
  }
});
