"""Applications, limits and freezes for tests: real rows, written at once where they shall stand."""

from datetime import timedelta
from itertools import count
from typing import Any

from apps.accounts.models import Folder
from apps.lib.clock import database_now
from apps.limits.models import Application, FolderStop, Freeze, Limit
from tests.factories import make_folder

MINUTE = 60
_numbers = count(1)


def make_application(folder: Folder | None = None, key: str = "", **said: Any) -> Application:
    """Return an application that answers."""
    key = key or f"application-{next(_numbers)}"
    said.setdefault("title", key.replace("-", " ").capitalize())
    made = Application.objects.create(folder=folder or make_folder(), key=key, **said)
    made.refresh_from_db()
    return made


def opened(application: Application, *, probe_in: float = MINUTE, **said: Any) -> Application:
    """Have its breaker open; a `probe_in` below zero: its rest is over."""
    now = database_now()
    values = {"state": Application.State.OPEN, "opened_at": now, "times_opened": 1}
    values |= {"reason": "9 of 10 tries failed.", "probe_at": now + timedelta(seconds=probe_in)}
    Application.objects.filter(pk=application.pk).update(**{**values, **said})
    application.refresh_from_db()
    return application


def held(
    application: Application, *, seconds: float | None = None, reason: str = "Upgrade"
) -> Application:
    """Have a person hold it; for so many seconds, below zero: that time is over."""
    now = database_now()
    until = None if seconds is None else now + timedelta(seconds=seconds)
    Application.objects.filter(pk=application.pk).update(
        held_at=now, held_until=until, held_reason=reason, held_by="Anna"
    )
    application.refresh_from_db()
    return application


def make_limit(folder: Folder | None = None, key: str = "", **said: Any) -> Limit:
    """Return a limit of one seat; with `per_seconds`: a rate."""
    application = said.get("application")
    folder = folder or (application.folder if application else make_folder())
    key = key or f"limit-{next(_numbers)}"
    said.setdefault("title", key.replace("-", " ").capitalize())
    said.setdefault("kind", Limit.Kind.RATE if said.get("per_seconds") else Limit.Kind.SEATS)
    made = Limit.objects.create(folder=folder, key=key, **said)
    made.refresh_from_db()
    return made


def make_freeze(
    folder: Folder | None = None,
    *applications: Application,
    begins_in: float = -MINUTE,
    ends_in: float = 60 * MINUTE,
    **said: Any,
) -> Freeze:
    """Return a freeze that began a minute ago and holds for an hour."""
    now = database_now()
    starts, ends = now + timedelta(seconds=begins_in), now + timedelta(seconds=ends_in)
    said.setdefault("title", f"Freeze {next(_numbers)}")
    said.setdefault("first_starts_at", starts)
    said.setdefault("first_ends_at", ends)
    made = Freeze.objects.create(
        folder=folder or make_folder(), starts_at=starts, ends_at=ends, **said
    )
    made.applications.set(applications)
    made.refresh_from_db()
    return made


def make_stop(folder: Folder, reason: str = "Wrong payments", **said: Any) -> FolderStop:
    made = FolderStop.objects.create(folder=folder, reason=reason, by="Anna", **said)
    made.refresh_from_db()
    return made
