"""What holds work back, for people: emergency stops, freezes, applications, limits."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from django.db import connection
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.lib.why import DESIGN, OPERATE, Act, Blocker, Link

from .holders import Seat, seats_of
from .models import Application, FolderStop, Freeze, Limit
from .pages import stop_page_of
from .standing import freezes_now, stop_of

MAX_NAMED = 3


def of_folder(folder_id: int) -> list[Blocker]:
    """Return what holds back all work of the folder: its stop, and freezes of everything."""
    stop = stop_of(folder_id)
    stopped = [_stopped(stop)] if stop else []
    return [*stopped, *map(_frozen, freezes_now(folder_id, application_ids=()))]


def of_work(holds: str, values: Mapping[str, int]) -> list[Blocker]:
    """Return in words all that a query made of `statements.holds` finds to hold work back.

    One query where nothing does, and one or two more for each kind of thing that does.
    """
    with connection.cursor() as cursor:
        cursor.execute(holds, values)
        (found,) = cursor.fetchone() or ([],)
    said = orjson.loads(found) if isinstance(found, str) else found
    return _in_words([_Hold(each["code"], each["id"], _moment(each["until"])) for each in said])


@dataclass(frozen=True, slots=True)
class _Hold:
    """What `statements.holds` found: of what kind, which row, until when if that is known."""

    code: str
    id: int
    until: datetime | None


def _in_words(holds: list[_Hold]) -> list[Blocker]:
    ids: dict[str, list[int]] = defaultdict(list)
    for each in holds:
        ids[each.code].append(each.id)
    stops = FolderStop.objects.in_bulk(ids["stopped"])
    freezes = Freeze.objects.prefetch_related("applications").in_bulk(ids["freeze"])
    used = Application.objects.in_bulk(ids["application_held"] + ids["breaker"])
    limits = Limit.objects.in_bulk(ids["limit"] + ids["rate"])
    seats: dict[int, list[Seat]] = defaultdict(list)
    for seat in seats_of(ids["limit"], at_most=MAX_NAMED):
        seats[seat.limit_id].append(seat)
    tells: dict[str, tuple[Mapping[int, Any], Callable[[Any, _Hold], Blocker]]] = {
        "stopped": (stops, lambda stop, _hold: _stopped(stop)),
        "freeze": (freezes, lambda freeze, _hold: _frozen(freeze)),
        "application_held": (used, lambda each, hold: _held(each, hold.until)),
        "breaker": (used, lambda each, hold: _failed(each, hold.until)),
        "limit": (limits, lambda limit, hold: _full(limit, seats[hold.id])),
        "rate": (limits, lambda limit, hold: _too_fast(limit, hold.until)),
    }
    found = ((tells[hold.code][0].get(hold.id), hold) for hold in holds)
    # what is gone since it was found holds nothing back any more
    return [tells[hold.code][1](row, hold) for row, hold in found if row is not None]


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _stopped(stop: FolderStop) -> Blocker:
    words = {"name": stop.by or _("Somebody"), "reason": stop.reason}
    return Blocker(
        code="stopped",
        sentence=_("%(name)s stopped all work of the folder: %(reason)s") % words,
        next=_("Nothing starts until a person lifts the emergency stop."),
        act=Act(
            label=_("Lift the emergency stop"),
            url=stop_page_of(stop.folder_id),
            right=OPERATE,
            folder_id=stop.folder_id,
        ),
    )


def _frozen(freeze: Freeze) -> Blocker:
    about = ", ".join(each.title for each in freeze.applications.all())
    words = {"title": freeze.title, "about": about, "reason": freeze.reason}
    sentence = _("The freeze “%(title)s” holds: nothing new starts.")
    if about:
        sentence = _("The freeze “%(title)s” holds: nothing new starts in %(about)s.")
    return Blocker(
        code="freeze",
        sentence=" ".join([sentence % words, freeze.reason]).strip(),
        next=_("It goes on by itself"),
        at=freeze.ends_at,
        act=Act(
            label=_("Change the freeze"),
            url=reverse("limit_settings:freeze_edit", args=[freeze.pk]),
            right=DESIGN,
            folder_id=freeze.folder_id,
        ),
    )


def _failed(application: Application, until: datetime | None) -> Blocker:
    """Its breaker is open until then; with no such time, it is being tried."""
    return _resting(application, until) if until else _probing(application)


def _held(application: Application, until: datetime | None) -> Blocker:
    words = {
        "name": application.held_by or _("Somebody"),
        "title": application.title,
        "reason": application.held_reason,
    }
    sentence = _("%(name)s holds all work in “%(title)s”.")
    if application.held_reason:
        sentence = _("%(name)s holds all work in “%(title)s”: %(reason)s")
    by_itself = _("It goes on by itself")
    return Blocker(
        code="application_held",
        sentence=sentence % words,
        next=by_itself if until else _("It goes on when somebody releases it."),
        at=until,
        act=_post(application, "applications:release", _("Release “%(title)s”") % words),
        about=(_link(application),),
    )


def _resting(application: Application, until: datetime | None) -> Blocker:
    words = {"title": application.title, "reason": application.reason}
    return Blocker(
        code="breaker",
        sentence=_("“%(title)s” failed too often and rests: %(reason)s") % words,
        next=_("Tries are not used up meanwhile. One item tries it again"),
        at=until,
        act=_post(application, "applications:reset", _("It works again: go on now")),
        about=(_link(application),),
    )


def _probing(application: Application) -> Blocker:
    words = {"title": application.title}
    return Blocker(
        code="breaker",
        sentence=_("“%(title)s” failed too often and is being tried, one piece at a time.") % words,
        next=_("All goes on once enough of these went well."),
        act=_post(application, "applications:reset", _("It works again: go on now")),
        about=(_link(application),),
    )


def _full(limit: Limit, seats: list[Seat]) -> Blocker:
    words = {"n": limit.size, "title": limit.title}
    sentence = ngettext(
        "The one seat of the limit “%(title)s” is taken.",
        "All %(n)d seats of the limit “%(title)s” are taken.",
        limit.size,
    )
    return Blocker(
        code="limit",
        sentence=sentence % words,
        next=_("It goes on when one of those that hold a seat is done. Nobody knows when."),
        act=_change(limit),
        about=tuple(_holder(seat) for seat in seats),
        is_usual=True,
    )


def _too_fast(limit: Limit, at: datetime | None) -> Blocker:
    words = {"n": limit.size, "seconds": limit.per_seconds, "title": limit.title}
    return Blocker(
        code="rate",
        sentence=_("The limit “%(title)s” lets %(n)s start in %(seconds)s s; these have started.")
        % words,
        next=_("The next one may start"),
        at=at,
        act=_change(limit),
        is_usual=True,
    )


def _holder(seat: Seat) -> Link:
    if seat.kind == "run":
        return Link(_("Run %(n)d") % {"n": seat.subject_id}, _page("runs:run_detail", seat))
    return Link(_("Item #%(n)d") % {"n": seat.subject_id}, _page("items:item_detail", seat))


def _page(name: str, seat: Seat) -> str:
    return reverse(name, args=[seat.subject_id])


def _change(limit: Limit) -> Act:
    return Act(
        label=_("Change the limit"),
        url=reverse("limit_settings:edit", args=[limit.pk]),
        right=DESIGN,
        folder_id=limit.folder_id,
    )


def _post(application: Application, name: str, label: str) -> Act:
    return Act(
        label=label,
        url=reverse(name, args=[application.pk]),
        method="post",
        right=OPERATE,
        folder_id=application.folder_id,
    )


def _link(application: Application) -> Link:
    return Link(application.title, reverse("applications:detail", args=[application.pk]))
