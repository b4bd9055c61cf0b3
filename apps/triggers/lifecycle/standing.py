"""Triggers are paused and resumed, one by one or a folder at a time."""

from datetime import datetime

import structlog
from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from apps.accounts.models import Folder
from apps.events.bus import publish
from apps.lib.actors import SYSTEM, Actor
from apps.lib.clock import database_now
from apps.lib.errors import ConflictError, DomainError, FieldProblem, InvalidError, NotFoundError
from apps.triggers.deciding import leave_out, look
from apps.triggers.models import Firing, FolderPause, Trigger
from apps.triggers.times import Tick, due_at, first_after, rule_of
from apps.triggers.timing import TimeRule

from .moving import Move, advance, record
from .recording import claim_times

log = structlog.get_logger("controlroom.triggers")

Status = Trigger.Status
MAX_REASON = 500


@transaction.atomic
def pause_trigger(
    trigger: Trigger, *, by: Actor, until: datetime | None = None, reason: str = ""
) -> Trigger:
    """Let the trigger start nothing until then, or until somebody resumes it.

    Pausing what is paused sets a new end. Raises ConflictError when it is switched off or over.
    """
    found = lock(trigger.pk)
    _insist_on_future(until)
    if found.status not in (Status.ENABLED, Status.PAUSED):
        raise _not_so(found)
    reason = reason.replace("\x00", "")[:MAX_REASON]
    Trigger.objects.filter(pk=found.pk).update(
        status=Status.PAUSED, paused_until=until, reason=reason, updated_at=Now()
    )
    said = until.isoformat() if until else ""
    record("paused", found, by, {"until": said, "reason": reason})
    return lock(found.pk)


@transaction.atomic
def resume_trigger(trigger: Trigger, *, by: Actor) -> Trigger:
    """Switch it on again. The times that passed meanwhile are recorded, and not made up for.

    Raises ConflictError unless it is paused or switched off, InvalidError if its times can't be
    worked out any more.
    """
    found = lock(trigger.pk)
    if found.status not in (Status.PAUSED, Status.AUTO_DISABLED):
        raise _not_so(found)
    move = Move.of(found)
    move.failures, move.reason, move.status = 0, "", Status.ENABLED
    if found.kind in Trigger.TIMED:
        _plan_from_now(found, move)
    record("resumed", found, by)
    advance([move])
    Trigger.objects.filter(pk=found.pk).update(paused_until=None, updated_at=Now())
    look_anew(found)
    return lock(found.pk)


def look_anew(trigger: Trigger) -> None:
    """Forget whether the conditions of a state trigger held: what holds by now is no beginning.

    What it has under way, or has read of a mailbox, is kept.
    """
    if trigger.kind == Trigger.Kind.STATE:
        Trigger.objects.filter(pk=trigger.pk).update(seen={})


def _plan_from_now(trigger: Trigger, move: Move) -> None:
    """Go on with the next time; those that passed meanwhile are recorded in one row."""
    rule, now = rule_of(trigger), database_now()
    note_unseen(trigger, rule, now, Firing.Outcome.SKIPPED, Firing.Reason.PAUSED)
    move.next = first_after(rule, now)
    if move.next is None:
        move.status = Status.ENDED


def wake(now: datetime) -> int:
    """Resume what was paused until a time that has come; return how many."""
    over = Trigger.objects.filter(status=Status.PAUSED, paused_until__lte=now)
    woken = 0
    for pk in list(over.values_list("pk", flat=True)):
        with transaction.atomic():
            free = over.select_for_update(skip_locked=True, of=("self",)).filter(pk=pk).first()
            if free is not None:
                woken += _wake(free)
    return woken


def note_unseen(trigger: Trigger, rule: TimeRule, now: datetime, outcome: str, reason: str) -> None:
    """Record in one row the times of a locked trigger that have come and were not looked at."""
    if trigger.next_at is None or trigger.due_at is None or trigger.due_at > now:
        return
    first = Tick(trigger.next_at, trigger.next_mark)
    seen = look(rule, first, lambda tick: due_at(trigger, tick.at) <= now, now)
    claim_times([(trigger, plan) for plan in leave_out(seen, outcome, reason)])


@transaction.atomic
def pause_folder(folder: Folder, *, until: datetime, by: Actor, reason: str = "") -> FolderPause:
    """Let no trigger of the folder start anything until then; each time left out is recorded.

    What people start by hand starts all the same. Called again it sets a new end.
    """
    _insist_on_future(until)
    # waits for schedulers that are starting something in it: once this is answered, none does
    list(Folder.objects.select_for_update(no_key=True).filter(pk=folder.pk))
    reason = reason.replace("\x00", "")[:300]
    values = {"until": until, "reason": reason, "by": by.name[:150]}
    pause, _made = FolderPause.objects.update_or_create(
        folder=folder, defaults={**values, "at": Now()}
    )
    _record_folder("paused", folder, by, until=until.isoformat(), reason=reason)
    return pause


@transaction.atomic
def resume_folder(folder: Folder, *, by: Actor) -> None:
    """Let the triggers of the folder start again from now on; ConflictError if they may already."""
    n, _rows = FolderPause.objects.filter(folder=folder, until__gt=database_now()).delete()
    if not n:
        raise ConflictError(_("The triggers of this folder are not paused."))
    _record_folder("resumed", folder, by)


def pause_of(folder: Folder) -> FolderPause | None:
    """Return the pause that holds for the folder now."""
    held = FolderPause.objects.filter(folder=folder, until__gt=database_now())
    found: FolderPause | None = held.first()
    return found


def lock(pk: int) -> Trigger:
    """Return the trigger as it is now, locked until the end of the transaction.

    Raises NotFoundError if it is gone.
    """
    rows = Trigger.objects.select_related("folder", "calendar", "owner")
    found: Trigger | None = rows.select_for_update(of=("self",)).filter(pk=pk).first()
    if found is None:
        raise NotFoundError(_("This trigger is gone."))
    return found


def _wake(trigger: Trigger) -> bool:
    try:
        with transaction.atomic():
            resume_trigger(trigger, by=SYSTEM)
    except DomainError as error:
        # its times can't be worked out any more: a person must see to it, and it must not hold
        # up the others each second
        log.warning("trigger_could_not_wake", trigger=trigger.pk, error=error.message)
        move = Move.of(lock(trigger.pk))
        move.switch_off(error.message)
        advance([move])
        return False
    return True


def _insist_on_future(until: datetime | None) -> None:
    if until is not None and until <= database_now():
        problem = FieldProblem("until", _("must be a time that will come"))
        raise InvalidError(f"{problem.path}: {problem.message}.", fields=[problem])


def _not_so(trigger: Trigger) -> ConflictError:
    words = {"title": trigger.title, "status": trigger.get_status_display()}
    return ConflictError(_("The trigger “%(title)s” can't do that: it is “%(status)s”.") % words)


def _record_folder(verb: str, folder: Folder, by: Actor, **data: str) -> None:
    publish(
        f"triggers.{verb}",
        subject=("folder", folder.pk),
        folder_id=folder.pk,
        by=by,
        data={"title": folder.title, **data},
        topics=["triggers"],
    )
