"""EMAIL_URL to Django's settings for mail; the services that messages may go to."""

from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from .env import SettingError

BACKEND = "django.core.mail.backends."
PORTS = {"smtp": 25, "smtp+tls": 587, "smtps": 465}
TIMEOUT_SECONDS = 15

# Chats, and services that ring a phone; by their schemes in apprise
NOTICE_SERVICES = [
    *("discord", "gchat", "gotifys", "matrixs", "mmosts", "msteams", "nctalks", "ntfys"),
    *("pbul", "pover", "rockets", "signals", "slack", "tgram", "threema", "twist", "webex"),
    *("workflows", "wxteams", "zulip", "jsons"),
]


def mail_settings(url: str) -> dict[str, Any]:
    """Return EMAIL_…; "" sends nothing, `console:` prints, `smtp`, `smtp+tls` and `smtps` send."""
    if not url:
        return {"EMAIL_BACKEND": f"{BACKEND}dummy.EmailBackend"}
    parts = urlsplit(url)
    if parts.scheme == "console":
        return {"EMAIL_BACKEND": f"{BACKEND}console.EmailBackend"}
    try:
        port = parts.port
    except ValueError:
        raise SettingError("EMAIL_URL", "its port is not a number between 1 and 65535.") from None
    if parts.scheme not in PORTS or not parts.hostname:
        raise SettingError(
            "EMAIL_URL",
            "expected smtp+tls://user:password@host:587, smtps://…, smtp://… or console:",
        )
    return {
        "EMAIL_BACKEND": f"{BACKEND}smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": port or PORTS[parts.scheme],
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_TLS": parts.scheme == "smtp+tls",
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_TIMEOUT": _timeout(parts.query),
    }


def _timeout(query: str) -> int:
    text = dict(parse_qsl(query)).get("timeout", str(TIMEOUT_SECONDS))
    if not text.isdigit() or not 1 <= int(text) <= 120:
        raise SettingError("EMAIL_URL", "timeout must be a number of seconds from 1 to 120.")
    return int(text)
