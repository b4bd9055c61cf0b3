// Shows push messages while no page is open, and opens the page that a message leads to. It answers no requests:
// pages come from the server, always.
self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("push", (event) => {
  const said = event.data?.json() ?? {};
  const options = { body: said.body, tag: said.tag || undefined, icon: "/favicon.ico", data: { url: said.url } };
  event.waitUntil(self.registration.showNotification(said.title || "Controlroom", options));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open(event.notification.data?.url));
});

async function open(path) {
  // only ever a page of our own
  const url = new URL(path || "/notices/", self.location.origin);
  if (url.origin !== self.location.origin) return;
  const pages = await self.clients.matchAll({ type: "window" });
  const there = pages.find((page) => page.url === url.href);
  await (there ? there.focus() : self.clients.openWindow(url.href));
}
