"""DATABASE_URL to Django's DATABASES entry."""

from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from .env import SettingError

# A silent partition must end in an error within seconds, not hang a client and its row locks.
CONNECTION_OPTIONS: dict[str, Any] = {
    "connect_timeout": 3,
    "tcp_user_timeout": 5000,
    "keepalives_idle": 10,
    "keepalives_interval": 3,
    "keepalives_count": 3,
}
SERVER_OPTIONS = "-c lock_timeout=10s -c idle_in_transaction_session_timeout=15s"
WEB_STATEMENT_TIMEOUT = "-c statement_timeout=15s"
POOL = {"min_size": 0, "max_size": 12, "timeout": 10.0, "max_idle": 60.0}


def database_settings(url: str, role: str) -> dict[str, Any]:
    """Return Django's settings for `url`; the web process pools, forking processes never do."""
    parts = urlsplit(url or "postgresql://controlroom@127.0.0.1:5432/controlroom")
    if parts.scheme not in {"postgres", "postgresql"}:
        raise SettingError("DATABASE_URL", "expected postgresql://user:password@host:port/name.")
    if not parts.path.strip("/"):
        raise SettingError("DATABASE_URL", "the name of the database is missing after the host.")
    options: dict[str, Any] = {
        **CONNECTION_OPTIONS,
        "application_name": f"controlroom-{role}",
        "options": SERVER_OPTIONS,
        **dict(parse_qsl(parts.query)),
    }
    if role == "web":
        options["options"] += f" {WEB_STATEMENT_TIMEOUT}"
        options["pool"] = dict(POOL)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.strip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or ""),
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 0 if role == "web" else None,
        "CONN_HEALTH_CHECKS": role != "web",
        "OPTIONS": options,
        "TEST": {"NAME": None},
    }
