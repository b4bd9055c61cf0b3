"""What applications, limits and freezes may say: each fault is named with its field."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from zoneinfo import available_timezones

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _

from apps.lib.errors import FieldProblem, InvalidError

from .models import MAX_SECONDS, Application, Freeze, Limit
from .recurring import DAYS

FIRST_YEAR, LAST_YEAR = 1970, 9000


def check_application(application: Application) -> None:
    """Raise InvalidError naming every field that does not fit."""
    url = application.runbook_url
    is_web = not url or url.lower().startswith(("https://", "http://"))
    but = ("folder",) if is_web else ("folder", "runbook_url")
    problems = [*_field_problems(application, but=but)]
    if not is_web:
        problems.append(FieldProblem("runbook_url", _("must begin with https:// or http://")))
    _refuse(problems)


def check_limit(limit: Limit) -> None:
    """Raise InvalidError naming every field that does not fit."""
    problems = [*_field_problems(limit, but=("folder", "application"))]
    if limit.kind == Limit.Kind.RATE:
        if limit.per_seconds is None:
            words = {"n": MAX_SECONDS}
            message = _("is missing: from 1 to %(n)d seconds") % words
            problems.append(FieldProblem("per_seconds", message))
        if limit.burst > limit.size:
            problems.append(FieldProblem("burst", _("must not be more than the size")))
    elif limit.per_seconds is not None:
        problems.append(FieldProblem("per_seconds", _("is for limits per time only")))
    elif limit.burst != 1:
        problems.append(FieldProblem("burst", _("is for limits per time only")))
    if limit.application is not None and limit.application.folder_id != limit.folder_id:
        problems.append(FieldProblem("application", _("is none of this folder")))
    _refuse(problems)


def check_freeze(
    freeze: Freeze, applications: Collection[Application], *, now: datetime | None
) -> None:
    """Raise InvalidError naming every field that does not fit.

    `now`: its times were just set, so that one that does not repeat must not be over.
    """
    times = ("first_starts_at", "first_ends_at", "starts_at", "ends_at")
    problems = [*_field_problems(freeze, but=("folder", *times))]
    if freeze.zone not in available_timezones():
        problems.append(FieldProblem("zone", _("is no time zone, as Europe/Berlin is one")))
    if any(each.folder_id != freeze.folder_id for each in applications):
        problems.append(FieldProblem("applications", _("are not all of this folder")))
    _refuse([*problems, *_time_problems(freeze, now)])


def _time_problems(freeze: Freeze, now: datetime | None) -> Iterable[FieldProblem]:
    starts, ends = freeze.first_starts_at, freeze.first_ends_at
    missing = [name for name, at in (("starts_at", starts), ("ends_at", ends)) if at is None]
    if missing:
        yield from (FieldProblem(name, _("is missing")) for name in missing)
        return
    if not (FIRST_YEAR <= starts.year <= LAST_YEAR and FIRST_YEAR <= ends.year <= LAST_YEAR):
        yield FieldProblem("starts_at", _("must be a time of our days"))
        return
    days = DAYS.get(freeze.repeats)
    if ends <= starts:
        yield FieldProblem("ends_at", _("must be later than its beginning"))
    elif days is not None and ends - starts >= timedelta(days=days):
        message = _("must come before it begins again") if days > 1 else _("must be within a day")
        yield FieldProblem("ends_at", message)
    elif days is None and now is not None and ends <= now:
        yield FieldProblem("ends_at", _("must be a time that will come"))


def _field_problems(row: models.Model, *, but: Collection[str]) -> Iterable[FieldProblem]:
    title = getattr(row, "title", "")
    if not str(title).strip():
        yield FieldProblem("title", _("is missing"))
        but = (*but, "title")
    try:
        row.clean_fields(exclude=set(but))
    except ValidationError as error:
        for name, messages in error.message_dict.items():
            yield FieldProblem(name, " ".join(messages))


def _refuse(problems: Collection[FieldProblem]) -> None:
    if problems:
        said = "; ".join(f"{each.path}: {each.message}" for each in list(problems)[:5])
        raise InvalidError(said, fields=list(problems))
