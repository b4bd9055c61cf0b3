// The server's clock, as far as its greeting told; and times in the zone that the page shows.
let offset = 0;

export const serverNow = () => Date.now() + offset;

export function setServerClock(milliseconds) {
  offset = milliseconds - Date.now();
}

export const zone = () => document.documentElement.dataset.timeZone || "UTC";

export function clockTime(milliseconds) {
  const options = { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23", timeZone: zone() };
  return new Intl.DateTimeFormat(document.documentElement.lang || "en", options).format(milliseconds);
}
