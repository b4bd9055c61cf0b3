"""What people do to calendars; each leaves one event."""

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from apps.accounts.models import Folder
from apps.events.bus import publish
from apps.lib.actors import Actor
from apps.lib.errors import FieldProblem, InvalidError
from apps.lib.json import Json, JsonObject

from .checking import check_calendar
from .models import Calendar

FIELDS = ("title", "time_zone", "week", "country", "subdivision", "days")


def save_calendar(calendar: Calendar, values: Mapping[str, Any], *, by: Actor) -> list[JsonObject]:
    """Set these fields of a new or a known calendar; return what changed.

    Tasks that are open keep the times they were given. Raises InvalidError naming each field.
    """
    is_new = calendar.pk is None
    changes: list[JsonObject] = [
        {"field": name, "before": getattr(calendar, name), "after": values[name]}
        for name in FIELDS
        if name in values and (is_new or getattr(calendar, name) != values[name])
    ]
    for change in changes:
        setattr(calendar, str(change["field"]), change["after"])
    _check(calendar)
    if not changes and not is_new:
        return []
    try:
        with transaction.atomic():
            calendar.save()
            kind = "calendar.created" if is_new else "calendar.changed"
            _record(kind, calendar, by, {"changes": list[Json](changes)})
    except IntegrityError:
        taken = FieldProblem("key", _("Another calendar of this folder has this key."))
        raise InvalidError(taken.message, fields=[taken]) from None
    return changes


def remove_calendar(calendar: Calendar, *, by: Actor) -> None:
    """Remove it; what was handed out by it keeps its times, rules go on without a calendar."""
    with transaction.atomic():
        _record("calendar.removed", calendar, by, {})
        calendar.delete()


def calendars_of(folder: Folder) -> Any:
    return Calendar.objects.filter(folder=folder)


def _check(calendar: Calendar) -> None:
    if not calendar.title.strip():
        problem = FieldProblem("title", _("is missing"))
        raise InvalidError(f"title: {problem.message}.", fields=[problem])
    check_calendar(
        time_zone=calendar.time_zone,
        week=calendar.week,
        country=calendar.country,
        subdivision=calendar.subdivision,
        days=calendar.days,
    )


def _record(kind: str, calendar: Calendar, by: Actor, data: JsonObject) -> None:
    publish(
        kind,
        subject=("calendar", calendar.pk),
        folder_id=calendar.folder_id,
        by=by,
        data={"title": calendar.title, **data},
    )
