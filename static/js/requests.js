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

// A whole page must not land inside a part of this one: a sign-in page means the session is over,
// an error page becomes a toast, and what the person sees and typed stays.
document.addEventListener("htmx:after:request", (event) => {
  const { response, text } = event.detail.ctx;
  if (!WHOLE_PAGE.test(text)) return;
  if (response.raw.redirected && response.status < 400) {
    event.preventDefault();
    location.reload();
  } else if (response.status >= 400) {
    event.preventDefault();
    toast(problemText(text) || say("failed", { status: response.status }), { tone: "act", seconds: 0 });
  }
});

document.addEventListener("htmx:error", (event) => {
  if (event.detail.error instanceof TypeError || event.detail.error?.name === "AbortError") {
    toast(say("unreachable"), { tone: "act", seconds: 0 });
  }
});

function problemText(html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  const parts = [...page.querySelectorAll("[data-problem]")];
  return parts.map((part) => part.textContent.trim()).join(" ");
}
