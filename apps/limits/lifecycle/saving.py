"""What people say about applications, limits and freezes; each change leaves one event."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from apps.lib.actors import Actor
from apps.lib.clock import database_now
from apps.lib.errors import ConflictError, FieldProblem, InvalidError, NotFoundError
from apps.lib.json import Json, JsonObject
from apps.limits.checking import check_application, check_freeze, check_limit
from apps.limits.models import Application, Freeze, Limit

from .freezing import set_times
from .judging import close_if_off
from .recording import Row, record

APPLICATION: Final = (
    "title",
    "description",
    "runbook_url",
    "breaker_on",
    "failure_share",
    "min_calls",
    "window_seconds",
    "open_seconds",
    "probes",
)
LIMIT: Final = ("title", "kind", "application", "size", "per_seconds", "burst", "asset")
FREEZE: Final = ("title", "reason", "starts_at", "ends_at", "repeats", "zone")
# as it was entered; the columns of the same name without `first_` move on
FIRST: Final = {"starts_at": "first_starts_at", "ends_at": "first_ends_at"}

RowT = TypeVar("RowT", Application, Limit, Freeze)
Values = Mapping[str, Any]


@transaction.atomic
def save_application(
    application: Application, values: Values, *, by: Actor, version: int | None = None
) -> list[JsonObject]:
    """Set these fields of a new or a known application; return what changed.

    Where it stands is kept, but for a breaker that is switched off: that closes. Raises
    InvalidError naming each field; ConflictError when `version` is not the one that is stored.
    """
    found = _current(application, version)
    changes = _set(found, APPLICATION, values)
    check_application(found)
    _store(found, changes, APPLICATION, by)
    if found.pk and changes:
        close_if_off(found, by=by)
    _hand_back(application, found)
    return changes


@transaction.atomic
def save_limit(
    limit: Limit, values: Values, *, by: Actor, version: int | None = None
) -> list[JsonObject]:
    """Set these fields of a new or a known limit; return what changed. Raises like the above.

    A smaller size takes nothing from who holds a seat: fewer are given out until it fits. What a
    rate has let start counts on at its new pace.
    """
    found = _current(limit, version)
    before = _spacing(found)
    changes = _set(found, LIMIT, values)
    check_limit(found)
    _keep_pace(found, before)
    _store(found, changes, (*LIMIT, "theoretical_at"), by)
    _hand_back(limit, found)
    return changes


@transaction.atomic
def save_freeze(
    freeze: Freeze, values: Values, *, by: Actor, version: int | None = None
) -> list[JsonObject]:
    """Set these fields of a new or a known freeze; `applications`: all that it is about, none for
    the whole folder. Return what changed. Raises like the above.
    """
    found = _current(freeze, version)
    is_new = found.pk is None
    known = [] if is_new else list(found.applications.all())
    wanted: Sequence[Application] = values.get("applications", known)
    changes = _set(found, FREEZE, values)
    are_times_set = any(change["field"] in (*FIRST, "repeats") for change in changes)
    check_freeze(found, wanted, now=database_now() if are_times_set else None)
    set_times(found)
    if {each.pk for each in wanted} != {each.pk for each in known}:
        changes.append(_change("applications", known, wanted))
    if is_new:
        found.by = by.name[:150]
    columns = (*FREEZE, *FIRST.values())
    if is_new or changes:
        _write(found, columns)
        found.applications.set(wanted)
        _record(found, changes, is_new, by)
    _hand_back(freeze, found)
    return changes


@transaction.atomic
def remove_application(application: Application, *, by: Actor) -> None:
    """Remove it with its limits, and with freezes that were about nothing else: left without an
    application they would freeze the whole folder. Work that used it is bound by it no more.
    """
    for freeze in application.freezes.all():
        if freeze.applications.count() == 1:
            remove_freeze(freeze, by=by)
    titles = application.limits.order_by("title").values_list("title", flat=True)
    record("removed", application, by, {"limits": list[Json](titles)})
    application.delete()


@transaction.atomic
def remove_limit(limit: Limit, *, by: Actor) -> None:
    """Remove it; work that it bound is bound by it no more."""
    record("removed", limit, by)
    limit.delete()


@transaction.atomic
def remove_freeze(freeze: Freeze, *, by: Actor) -> None:
    """Remove it; if it holds now, work starts again."""
    record("removed", freeze, by)
    freeze.delete()


def _spacing(limit: Limit) -> timedelta | None:
    """Return the time from one start to the next; None of what is not, or not yet, a rate."""
    if limit.kind != Limit.Kind.RATE or limit.per_seconds is None or limit.size < 1:
        return None
    return timedelta(seconds=limit.per_seconds / limit.size)


def _keep_pace(limit: Limit, before: timedelta | None) -> None:
    """Count what was started as so many starts, not as so much time: work that waited a day for
    the next start under a slow rate waits no longer under a quick one.
    """
    after, until = _spacing(limit), limit.theoretical_at
    if after is None or before is None:
        limit.theoretical_at = None
    elif until is not None and after != before:
        now = database_now()
        n_ahead = max(0.0, (until - now) / before)
        limit.theoretical_at = now + min(n_ahead, limit.burst) * after


def _current(row: RowT, version: int | None) -> RowT:
    """Return the row as it is stored, locked; a new one as it is."""
    if row.pk is None:
        return row
    rows = type(row)._default_manager.select_for_update(of=("self",))
    found: RowT | None = rows.filter(pk=row.pk).first()
    if found is None:
        raise NotFoundError(_("Somebody removed it meanwhile."))
    if version is not None and version != found.version:
        raise ConflictError(
            _("Somebody changed it meanwhile. Load the page again and enter what you want to say.")
        )
    return found


def _set(row: Row, names: Sequence[str], values: Values) -> list[JsonObject]:
    """Set what is given, and return what is new about it; of a new row all that it says."""
    is_new = row.pk is None
    changes = []
    for name in names:
        stored = FIRST.get(name, name) if isinstance(row, Freeze) else name
        before = getattr(row, stored)
        after = values.get(name, before)
        if after != before or (is_new and name in values):
            setattr(row, stored, after)
            changes.append(_change(name, None if is_new else before, after))
    return changes


def _change(name: str, before: Any, after: Any) -> JsonObject:
    return {"field": name, "before": _plain(before), "after": _plain(after)}


def _plain(value: Any) -> Json:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Application):
        return value.title
    if isinstance(value, list):
        return [_plain(each) for each in value]
    found: Json = value
    return found


def _store(row: Row, changes: list[JsonObject], columns: Sequence[str], by: Actor) -> None:
    is_new = row.pk is None
    if is_new or changes:
        _write(row, columns)
        _record(row, changes, is_new, by)


def _write(row: Row, columns: Sequence[str]) -> None:
    is_new = row.pk is None
    row.version = 1 if is_new else row.version + 1
    names = None if is_new else [*columns, "version"]
    if isinstance(row, Freeze) and names is not None:
        names += ["starts_at", "ends_at"]
    try:
        with transaction.atomic():
            row.save(force_insert=is_new, update_fields=names)
    except IntegrityError:
        row.pk = None if is_new else row.pk
        taken = FieldProblem("key", _("is taken: another one of this folder has this key"))
        raise InvalidError(f"{taken.path}: {taken.message}.", fields=[taken]) from None


def _record(row: Row, changes: list[JsonObject], is_new: bool, by: Actor) -> None:  # noqa: FBT001
    record("created" if is_new else "changed", row, by, {"changes": list[Json](changes)})


def _hand_back(given: RowT, stored: RowT) -> None:
    """Let the caller's object say what is stored."""
    given.pk = stored.pk
    given.refresh_from_db()
