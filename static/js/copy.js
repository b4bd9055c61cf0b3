// data-copy="text" on a button.
import { toast } from "./toasts.js";
import { say } from "./words.js";

document.addEventListener("click", async (event) => {
  const element = event.target.closest("[data-copy]");
  if (!element) return;
  await navigator.clipboard.writeText(element.dataset.copy);
  toast(say("copied"));
});
