"""Moments in `Trigger.seen`, which is JSON."""

from datetime import datetime

from apps.lib.json import Json


def moment_in(value: Json) -> datetime | None:
    return datetime.fromisoformat(value) if isinstance(value, str) and value else None


def as_text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment is not None else None
