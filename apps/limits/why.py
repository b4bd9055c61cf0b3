"""What holds work back, for people: emergency stops, freezes, applications, limits."""

from collections.abc import Collection
from datetime import datetime

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.lib.clock import database_now
from apps.lib.json import JsonObject
from apps.lib.why import DESIGN, OPERATE, Act, Blocker, Link

from .holders import Seat, seats_of
from .models import Application, FolderStop, Freeze, Limit
from .standing import application_standing, freezes_now, stop_of, usage

MAX_NAMED = 3


def of_folder(folder_id: int) -> list[Blocker]:
    """Return what holds back all work of the folder: its stop, and freezes of everything."""
    stop = stop_of(folder_id)
    stopped = [_stopped(stop)] if stop else []
    return [*stopped, *map(_frozen, freezes_now(folder_id, application_ids=()))]


def of_work(
    hold: JsonObject | None,
    *,
    folder_id: int,
    applications: QuerySet[Application],
    limits: QuerySet[Limit],
) -> list[Blocker]:
    """Return in words what `statements.room` found to hold work back; nothing for None.

    Only what comes first in its order is looked up: what comes after is asked for again once that
    is out of the way. Two queries, three with freezes.
    """
    match hold and hold.get("code"):
        case "stopped" | "freeze":
            ids = list(applications.values_list("pk", flat=True))
            return of_folder(folder_id) or _freezes_of(folder_id, ids)
        case "application_held" | "breaker":
            now = database_now()
            found = (_of_application(each, now) for each in applications)
            return [each for each in found if each is not None]
        case "limit" | "rate":
            return _of_limits(list(limits), hold or {})
        case _:
            return []


def _freezes_of(folder_id: int, application_ids: Collection[int]) -> list[Blocker]:
    return [_frozen(each) for each in freezes_now(folder_id, application_ids=application_ids)]


def _stopped(stop: FolderStop) -> Blocker:
    words = {"name": stop.by or _("Somebody"), "reason": stop.reason}
    return Blocker(
        code="stopped",
        sentence=_("%(name)s stopped all work of the folder: %(reason)s") % words,
        next=_("Nothing starts until a person lifts the emergency stop."),
        act=Act(
            label=_("Lift the emergency stop"),
            url=reverse("applications:stop"),
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


def _of_application(application: Application, now: datetime) -> Blocker | None:
    standing = application_standing(application, now)
    match standing.state:
        case "held":
            return _held(application, standing.until)
        case "open":
            return _resting(application, standing.until)
        case "probing":
            return _probing(application)
        case _:
            return None


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


def _of_limits(limits: list[Limit], hold: JsonObject) -> list[Blocker]:
    until = hold.get("until")
    at = datetime.fromisoformat(until) if isinstance(until, str) else None
    held = usage([each.pk for each in limits if each.kind == Limit.Kind.SEATS])
    full = [each for each in limits if held.get(each.pk, -1) >= each.size]
    if full:
        seats = seats_of([each.pk for each in full], at_most=MAX_NAMED)
        return [_full(each, [seat for seat in seats if seat.limit_id == each.pk]) for each in full]
    what = hold.get("what")
    return [
        _too_fast(each, at)
        for each in limits
        if each.kind == Limit.Kind.RATE and each.title == what
    ]


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
