"""Why a trigger does not start anything: what stands in its way, and when it looks again."""

from datetime import datetime
from itertools import islice

from django.urls import reverse
from django.utils.translation import gettext as _

from apps.events.why import scheduler_away
from apps.lib.clock import database_now
from apps.lib.errors import DomainError
from apps.lib.why import DESIGN, OPERATE, Act, Blocker, Link, Why, because
from apps.limits.why import of_folder

from .lifecycle.recording import last_started
from .lifecycle.starting import under_way
from .models import Firing, FolderPause, Trigger
from .presenting import moment, subject_url, zone_of
from .times import rule_of, ticks_after
from .why_kinds import of_kind, start_now

Status, Outcome, Overlap = Trigger.Status, Firing.Outcome, Trigger.Overlap
# How many times ahead an open day is looked for
LOOKED_AHEAD = 400


def why_trigger(trigger: Trigger) -> Why:
    """Return why it starts nothing now; what is on and has no reason waits for its time."""
    now = database_now()
    off = _off(trigger)
    found = [
        scheduler_away(),
        of_folder(trigger.folder_id),
        _folder_paused(trigger, now),
        off,
        _overlap(trigger),
        _failed(trigger),
    ]
    if off is not None:
        return because(*found)
    if trigger.kind in Trigger.TIMED:
        times = _times(trigger, now)
        return because(*found, times, eta=times.at if times else None)
    return because(*found, _of_kind(trigger, now))


def _of_kind(trigger: Trigger, now: datetime) -> list[Blocker]:
    try:
        return of_kind(trigger, now)
    except DomainError as error:
        return [
            Blocker(
                code="condition",
                sentence=_("What it goes by can't be read any more: %(message)s")
                % {"message": error.message},
                next=_("It starts when somebody has changed that."),
                act=_edit(trigger, _("Change it")),
            )
        ]


def _off(trigger: Trigger) -> Blocker | None:
    match trigger.status:
        case Status.PAUSED:
            return _paused(trigger)
        case Status.AUTO_DISABLED:
            return _switched_off(trigger)
        case Status.ENDED:
            return _ended(trigger)
        case _:
            return None


def _paused(trigger: Trigger) -> Blocker:
    until, reason = trigger.paused_until, trigger.reason
    sentence = _("It is paused: %(reason)s") if reason else _("It is paused.")
    following = _("It goes on by itself") if until else _("It goes on when somebody resumes it.")
    return Blocker(
        code="trigger_paused",
        sentence=sentence % {"reason": reason},
        next=following,
        at=until,
        act=_resume(trigger),
    )


def _switched_off(trigger: Trigger) -> Blocker:
    return Blocker(
        code="auto_disabled",
        sentence=_("It was switched off after failures: %(reason)s") % {"reason": trigger.reason},
        next=_("It goes on when somebody has seen to that and resumes it."),
        act=_resume(trigger),
    )


def _ended(trigger: Trigger) -> Blocker:
    return Blocker(
        code="ended",
        sentence=_("No time is left: what it says about when is over."),
        next=_("It goes on when somebody gives it new times."),
        act=_edit(trigger, _("Give it new times")),
    )


def _folder_paused(trigger: Trigger, now: datetime) -> Blocker | None:
    pause = FolderPause.objects.filter(folder=trigger.folder_id, until__gt=now).first()
    if pause is None:
        return None
    words = {"name": pause.by or _("Somebody"), "reason": pause.reason}
    sentence = _("%(name)s paused all triggers of the folder.")
    if pause.reason:
        sentence = _("%(name)s paused all triggers of the folder: %(reason)s")
    return Blocker(
        code="folder_paused",
        sentence=sentence % words,
        next=_("Times that come before are left out. It goes on by itself"),
        at=pause.until,
        act=Act(
            label=_("Let the triggers start"),
            url=reverse("triggers:resume_all", args=[trigger.folder_id]),
            method="post",
            right=OPERATE,
            folder_id=trigger.folder_id,
        ),
    )


def _overlap(trigger: Trigger) -> Blocker | None:
    """What it started last is under way, and the next start heeds that."""
    if trigger.overlap == Overlap.ALLOW:
        return None
    active = under_way(last_started([trigger.pk]))
    if not active:
        return None
    first = active[0]
    waits = Firing.objects.filter(trigger=trigger, outcome=Outcome.WAITING).first()
    if waits is None and trigger.overlap == Overlap.CANCEL_PREVIOUS:
        return None
    following = _("The next start is left out, unless that is over by then.")
    if waits is not None:
        following = _("The start of %(time)s waits, and begins as soon as that is over.") % {
            "time": moment(waits.planned_at, zone_of(trigger))
        }
    elif trigger.overlap == Overlap.QUEUE_ONE:
        following = _("The next start waits until that is over.")
    link = Link(first.label or str(first.get_subject_type_display()), subject_url(first))
    return Blocker(
        code="overlap",
        sentence=_("“%(what)s”, which it started before, is still under way.")
        % {"what": link.title},
        next=following,
        act=Act(label=_("See why that is not over"), url=link.url) if link.url else None,
        about=(link,),
        is_usual=waits is None,
    )


def _failed(trigger: Trigger) -> Blocker | None:
    """The last start could not be made: the next one will fail the same way, as likely as not."""
    last = Firing.objects.filter(trigger=trigger).order_by("-planned_at", "-pk").first()
    if last is None or last.outcome != Outcome.FAILED:
        return None
    return Blocker(
        code="target",
        sentence=_("Its last start failed: %(message)s") % {"message": last.message},
        next=_("It tries again at its next time."),
        act=_edit(trigger, _("Change what it starts")),
    )


def _times(trigger: Trigger, now: datetime) -> Blocker | None:
    if trigger.next_at is None or trigger.due_at is None:
        return None
    if trigger.due_at <= now:
        return Blocker(
            code="nothing",
            sentence=_("Its time has come, and nothing is in its way."),
            next=_("It is about to start: within seconds."),
            is_usual=True,
        )
    if trigger.next_mark == "closed":
        return _closed(trigger)
    return Blocker(
        code="timer",
        sentence=_("Its time has not come."),
        next=_("It starts at %(time)s,") % {"time": moment(trigger.next_at, zone_of(trigger))},
        at=trigger.due_at,
        act=start_now(trigger),
        is_usual=True,
    )


def _closed(trigger: Trigger) -> Blocker:
    """Its next time is left out: say the first one that is not."""
    words = {"calendar": trigger.calendar.title if trigger.calendar else ""}
    opens = _first_open(trigger)
    following = _("No open day comes soon.")
    if opens is not None:
        following = _("It starts at %(time)s,") % {"time": moment(opens, zone_of(trigger))}
    return Blocker(
        code="calendar",
        sentence=_("The calendar “%(calendar)s” is closed on its next day.") % words,
        next=following,
        at=opens,
        act=start_now(trigger),
        is_usual=True,
    )


def _first_open(trigger: Trigger) -> datetime | None:
    try:
        coming = ticks_after(rule_of(trigger), trigger.next_at or database_now())
        open_ones = (tick for tick in islice(coming, LOOKED_AHEAD) if not tick.is_closed)
        return next((tick.at for tick in open_ones), None)
    except DomainError:
        return None


def _resume(trigger: Trigger) -> Act:
    return _post(trigger, "triggers:resume", _("Resume it"))


def _post(trigger: Trigger, name: str, label: str) -> Act:
    return Act(
        label=label,
        url=reverse(name, args=[trigger.pk]),
        method="post",
        right=OPERATE,
        folder_id=trigger.folder_id,
    )


def _edit(trigger: Trigger, label: str) -> Act:
    return Act(
        label=label,
        url=reverse("triggers:trigger_edit", args=[trigger.pk]),
        right=DESIGN,
        folder_id=trigger.folder_id,
    )
