"""How a receiver checks a call, to be copied; docs/webhooks.md shows the same."""

from typing import Final

PYTHON: Final = '''\
import base64, hashlib, hmac, os, time

# without its beginning, a secret is base64
KEY = base64.b64decode(os.environ["WEBHOOK_SECRET"].removeprefix("whsec_"))

def is_genuine(headers, body: bytes) -> bool:
    """headers: of the call, by lower-case names; body: its bytes, before anything reads them."""
    webhook_id, sent_at = headers["webhook-id"], headers["webhook-timestamp"]
    if abs(time.time() - int(sent_at)) > 300:
        return False  # somebody may be sending an old call again
    signed = f"{webhook_id}.{sent_at}.".encode() + body
    made = base64.b64encode(hmac.digest(KEY, signed, hashlib.sha256)).decode()
    given = [part.removeprefix("v1,") for part in headers["webhook-signature"].split(" ")]
    return any(hmac.compare_digest(made, each) for each in given)
'''

JAVASCRIPT: Final = """\
import { createHmac, timingSafeEqual } from "node:crypto";

// without its beginning, a secret is base64
const key = Buffer.from(process.env.WEBHOOK_SECRET.replace(/^whsec_/, ""), "base64");

// headers: of the call, by lower-case names; body: its bytes (a Buffer), before anything reads them
export function isGenuine(headers, body) {
  const id = headers["webhook-id"], sentAt = headers["webhook-timestamp"];
  if (!(Math.abs(Date.now() / 1000 - Number(sentAt)) <= 300)) return false; // an old call again?
  const made = createHmac("sha256", key).update(`${id}.${sentAt}.`).update(body).digest();
  return headers["webhook-signature"].split(" ").some((part) => {
    const given = Buffer.from(part.replace(/^v1,/, ""), "base64");
    return given.length === made.length && timingSafeEqual(given, made);
  });
}
"""

ALL: Final = (("python", "Python", PYTHON), ("javascript", "JavaScript (Node)", JAVASCRIPT))
