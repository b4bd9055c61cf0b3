// data-confirm="Cancel run R-1042?": a native dialog names the object, the focus starts on Cancel.
import { say } from "./words.js";
import { nameOf } from "./dom.js";

const dialog = document.getElementById("confirm");
let allowed = null; // the control that was just confirmed

document.addEventListener(
  "click",
  (event) => {
    const control = event.target.closest("[data-confirm]");
    if (!control || control.matches("form")) return;
    if (control === allowed) {
      allowed = null;
      return;
    }
    event.preventDefault();
    event.stopImmediatePropagation();
    ask(control, () => {
      allowed = control;
      control.click();
    });
  },
  true,
);

document.addEventListener(
  "submit",
  (event) => {
    const form = event.target;
    if (!form.dataset.confirm) return;
    if (form === allowed) {
      allowed = null;
      return;
    }
    event.preventDefault();
    event.stopImmediatePropagation();
    const submitter = event.submitter;
    ask(form, () => {
      allowed = form;
      form.requestSubmit(submitter);
    });
  },
  true,
);

function ask(control, goOn) {
  const { confirm, confirmText = "", confirmVerb, confirmTyped } = control.dataset;
  const verb = dialog.querySelector("[value=yes]");
  dialog.querySelector("h2").textContent = confirm;
  dialog.querySelector("#confirm-text").textContent = confirmText;
  verb.textContent = confirmVerb || nameOf(control) || say("confirmVerb");
  askToType(confirmTyped, verb);
  dialog.onclose = () => dialog.returnValue === "yes" && goOn();
  dialog.returnValue = "";
  dialog.showModal();
}

function askToType(wanted, verb) {
  const field = dialog.querySelector("[data-confirm-typed]");
  const input = field.querySelector("input");
  field.hidden = !wanted;
  input.value = "";
  verb.disabled = Boolean(wanted);
  if (!wanted) return;
  field.querySelector("label").textContent = say("confirmTyped", { value: wanted });
  input.oninput = () => {
    verb.disabled = input.value.trim() !== wanted;
  };
}
