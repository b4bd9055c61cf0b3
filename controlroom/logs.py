"""Logging: one JSON line per event on stderr, from every process and every library.

Neither secrets nor payloads are logged: suspicious keys are masked whatever their value, secrets of
assets wherever they stand in a process that was given them, and the details that PostgreSQL adds to
an error (they quote rows) are cut off.
"""

import logging
import re
from collections.abc import MutableMapping
from typing import Any

import structlog

from apps.lib.secrecy import is_anything_kept_out, masked, masked_json

MASKED = "•••"
SECRET_KEY_WORDS = re.compile(
    r"password|passwd|secret|token|authorization|cookie|api_?key|credential|payload|values$", re.I
)
ROW_DETAILS = re.compile(r"^(DETAIL|CONTEXT|HINT): .*$\n?", re.M)
# httpx and urllib3 tell of addresses that are secrets
TOO_TALKATIVE = (
    *("rq", "httpx", "httpcore", "urllib3", "asyncio", "websockets", "django.request"),
    *("django.server", "axes"),
)

EventDict = MutableMapping[str, Any]


def configure(config: dict[str, Any]) -> None:
    """Set up logging for a process of the given role (see settings.LOGGING)."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _role(config["role"]),
        structlog.processors.format_exc_info,
        mask_secrets,
        cut_row_details,
        mask_kept_secrets,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    root = logging.getLogger()
    for old in [found for found in root.handlers if getattr(found, "is_ours", False)]:
        root.removeHandler(old)
    handler.is_ours = True  # type: ignore[attr-defined]
    root.addHandler(handler)
    root.setLevel(_level(config))
    for name in TOO_TALKATIVE:
        logging.getLogger(name).setLevel(max(_level(config), logging.WARNING))


def mask_secrets(_: Any, __: str, event: EventDict) -> EventDict:
    """Replace the values of keys that sound like secrets or people's data."""
    for key in event:
        if SECRET_KEY_WORDS.search(key):
            event[key] = MASKED
    return event


def cut_row_details(_: Any, __: str, event: EventDict) -> EventDict:
    """Drop what PostgreSQL quotes from rows: “DETAIL: Failing row contains (…)”."""
    for key in ("exception", "error", "event"):
        if isinstance(event.get(key), str):
            event[key] = ROW_DETAILS.sub("", event[key])
    return event


def mask_kept_secrets(_: Any, __: str, event: EventDict) -> EventDict:
    """Replace the secrets that this process was given, whatever they stand in."""
    if is_anything_kept_out():
        for key, value in event.items():
            event[key] = masked_json(value if _is_json(value) else masked(repr(value)))
    return event


def _is_json(value: Any) -> bool:
    return value is None or isinstance(value, str | int | float | dict | list | tuple)


def _role(role: str) -> Any:
    def add_role(_: Any, __: str, event: EventDict) -> EventDict:
        event.setdefault("role", role)
        return event

    return add_role


def _level(config: dict[str, Any]) -> int:
    """A command talks to a person: it logs only what went wrong."""
    known = logging.getLevelNamesMapping()
    wanted = known.get(str(config["level"]).upper(), logging.INFO)
    return max(wanted, logging.WARNING) if config["role"] == "command" else wanted
