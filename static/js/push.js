// This browser and push messages: ask, subscribe, tell the server. What is said comes from the page's data-*.
import { toast } from "./toasts.js";

const box = document.querySelector("[data-push]");
const button = box?.querySelector("button");

function bytes(text) {
  const packed = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(packed, (letter) => letter.charCodeAt(0));
}

const packed = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

async function subscribe() {
  if ((await Notification.requestPermission()) !== "granted") return toast(box.dataset.denied, { tone: "watch" });
  const worker = await navigator.serviceWorker.register("/sw.js");
  await navigator.serviceWorker.ready;
  const key = await (await fetch(box.dataset.key)).text();
  const found = await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(key) });
  const body = new URLSearchParams({
    endpoint: found.endpoint,
    p256dh: packed(found.getKey("p256dh")),
    auth: packed(found.getKey("auth")),
    title: browserName(),
  });
  const headers = { "X-CSRFToken": document.querySelector("meta[name=csrf-token]").content };
  const answer = await fetch(box.dataset.push, { method: "POST", body, headers });
  if (answer.ok) location.reload();
  else toast(box.dataset.failed, { tone: "act", seconds: 0 });
}

function browserName() {
  const brands = navigator.userAgentData?.brands?.map((each) => each.brand) ?? [];
  const name = brands.find((each) => !/not.?a.?brand|chromium/i.test(each)) ?? brands.at(-1) ?? navigator.userAgent.match(/(Firefox|Safari|Chrome)/)?.[1];
  return [name, navigator.userAgentData?.platform ?? navigator.platform].filter(Boolean).join(", ");
}

if (box && "PushManager" in window && "serviceWorker" in navigator && "Notification" in window) {
  button.disabled = false;
  button.addEventListener("click", () => subscribe().catch(() => toast(box.dataset.failed, { tone: "act", seconds: 0 })));
} else if (box) {
  box.querySelector("[data-no-push]").hidden = false;
}
