// htmx requests: the CSRF header, and what happens when the answer is a refusal or none at all.
import { say } from "./words.js";
import { toast } from "./toasts.js";

const WHOLE_PAGE = /^\s*<!doctype|^\s*<html/i;

document.addEventListener("htmx:config:request", (event) => {
  const { request } = event.detail.ctx;
  if (request.method !== "GET") {
    request.headers["X-CSRFToken"] = document.querySelector("meta[name=csrf-token]").content;
  }
});

// A whole page must not land inside a part of this one. An error page becomes a toast, and what the person sees and
// typed stays; a redirect is followed; the sign-in page means that the session is over. A page that holds what
// hx-select asks for is welcome.
document.addEventListener("htmx:after:request", (event) => {
  const { response, text, select } = event.detail.ctx;
  if (!WHOLE_PAGE.test(text)) return;
  const page = new DOMParser().parseFromString(text, "text/html");
  if (select && page.querySelector(select)) return;
  if (response.status >= 400) {
    event.preventDefault();
    toast(problemText(page) || say("failed", { status: response.status }), { tone: "act", seconds: 0 });
  } else if (response.raw.redirected) {
    event.preventDefault();
    if (page.querySelector("[data-sign-in]")) location.reload();
    else location.assign(response.raw.url);
  }
});

document.addEventListener("htmx:error", (event) => {
  if (event.detail.error instanceof TypeError || event.detail.error?.name === "AbortError") {
    toast(say("unreachable"), { tone: "act", seconds: 0 });
  }
});

function problemText(page) {
  const parts = [...page.querySelectorAll("[data-problem]")];
  return parts.map((part) => part.textContent.trim()).join(" – ");
}
