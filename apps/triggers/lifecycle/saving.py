"""Triggers are made, changed, rolled back and removed; each change is a version that is kept."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from apps.accounts.models import Folder, User
from apps.events.live import nudge
from apps.lib.actors import Actor
from apps.lib.clock import database_now
from apps.lib.errors import ConflictError, DomainError, FieldProblem, InvalidError, NotFoundError
from apps.lib.json import Json, JsonObject
from apps.triggers.definitions import (
    Checked,
    changes_between,
    check_key,
    completed,
    definition_of,
)
from apps.triggers.models import Firing, Trigger, TriggerVersion
from apps.triggers.times import Tick, due_at, first_after, rule_of

from .moving import record
from .recording import topics_of
from .standing import lock, note_unseen

log = structlog.get_logger("controlroom.triggers")

Status = Trigger.Status
# Where one of these changes, the times are worked out anew
TIMES = ("kind", "rule", "calendar", "on_closed")
PLAIN = (
    "title",
    "description",
    "kind",
    "rule",
    "target",
    "overlap",
    "missed",
    "max_catch_up",
    "on_closed",
    "disable_after_failures",
)


@dataclass(frozen=True, kw_only=True)
class Saved:
    """The trigger as it is stored now; `changes` is empty when it said the same already."""

    trigger: Trigger
    changes: list[JsonObject]
    is_new: bool


def save_trigger(
    folder: Folder,
    key: str,
    definition: Mapping[str, Any],
    *,
    by: Actor,
    version: int | None = None,
) -> Saved:
    """Make the trigger `key` or change it; what `definition` leaves out stays as it is.

    `version`: the one that was shown, 0 for a new trigger, None for whatever there is; another
    one raises ConflictError. Raises InvalidError naming each field that does not fit. A new one
    is on at once; one that is paused or off stays so; one that is over goes on when it has new
    times.
    """
    check_key(key)
    try:
        with transaction.atomic():
            return _save(folder, key, definition, by, version, "")
    except IntegrityError:
        # somebody else made one of that key a moment ago
        raise ConflictError(_("Somebody else has just made this trigger.")) from None


def compare_trigger(
    folder: Folder, key: str, definition: Mapping[str, Any], *, by: Actor
) -> list[JsonObject]:
    """Return `{field, before, after}` for what `save_trigger` would change; it changes nothing.

    Raises InvalidError as that does.
    """
    check_key(key)
    known = _known(folder, key).first()
    wanted = completed(known, definition, _name_of(by))
    Checked(folder, key, wanted)
    return changes_between(definition_of(known) if known else {}, wanted)


@transaction.atomic
def roll_back(trigger: Trigger, number: int, *, by: Actor) -> Saved:
    """Save what version `number` said as a new version. Raises NotFoundError, InvalidError."""
    found = TriggerVersion.objects.filter(trigger=trigger, number=number).first()
    if found is None:
        words = {"number": number}
        raise NotFoundError(_("There is no version %(number)d of this trigger.") % words)
    verb = "rolled_back"
    return _save(trigger.folder, trigger.key, found.definition, by, None, verb, {"to": number})


@transaction.atomic
def remove_trigger(trigger: Trigger, *, by: Actor) -> None:
    """Remove it with its versions and start log; the history keeps what it said."""
    found = lock(trigger.pk)
    record("removed", found, by, {"key": found.key, "definition": definition_of(found)})
    found.delete()


def replan(trigger_ids: Iterable[int]) -> int:
    """Work the next times out anew, after calendars or time zones changed; return how many moved.

    What is due already is left to the scheduler. Reads all, locks and writes only what moves.
    """
    enabled = Trigger.objects.filter(status=Status.ENABLED, kind__in=Trigger.TIMED)
    rows = enabled.filter(pk__in=list(trigger_ids))
    found = rows.select_related("calendar").iterator(chunk_size=500)
    return sum(_replan_one(each.pk) for each in found if _other_time(each, database_now()))


@transaction.atomic
def _replan_one(pk: int) -> bool:
    rows = Trigger.objects.select_for_update(of=("self",)).select_related("calendar")
    trigger: Trigger | None = rows.filter(pk=pk, status=Status.ENABLED).first()
    following = _other_time(trigger, database_now()) if trigger else None
    if trigger is None or following is None:
        return False
    Trigger.objects.filter(pk=pk).update(
        next_at=following.at, next_mark=following.mark, due_at=due_at(trigger, following.at)
    )
    nudge(*topics_of([trigger]))
    return True


def _other_time(trigger: Trigger, now: datetime) -> Tick | None:
    """Return the next time if it is another than the one stored, which is not due yet."""
    if trigger.next_at is None or trigger.due_at is None or trigger.due_at <= now:
        return None
    # one that is spread may be planned for a moment ago, and due in a moment
    since = min(now, trigger.next_at - timedelta(microseconds=1))
    try:
        following = first_after(rule_of(trigger), since)
    except DomainError as error:
        log.warning("trigger_could_not_be_planned", trigger=trigger.pk, error=error.message)
        return None
    # one without a time ends when its last one has come
    return None if following == Tick(trigger.next_at, trigger.next_mark) else following


def _save(  # noqa: PLR0913  one transaction for new, changed and rolled back
    folder: Folder,
    key: str,
    definition: Mapping[str, Any],
    by: Actor,
    version: int | None,
    verb: str,
    data: JsonObject | None = None,
) -> Saved:
    known: Trigger | None = _known(folder, key).select_for_update(of=("self",)).first()
    _insist_on_version(known, version)
    wanted = completed(known, definition, _name_of(by))
    before = definition_of(known) if known else {}
    changes = changes_between(before, wanted)
    if known and not changes:
        return Saved(trigger=known, changes=[], is_new=False)
    checked = Checked(folder, key, wanted)
    trigger = known or Trigger(folder=folder, key=key, version=0)
    _plan(trigger, checked, is_other=any(before.get(name) != wanted[name] for name in TIMES))
    for name in PLAIN:
        setattr(trigger, name, wanted[name])
    trigger.calendar, trigger.owner = checked.calendar, checked.owner
    trigger.due_at = due_at(trigger, trigger.next_at) if trigger.next_at else None
    trigger.version += 1
    trigger.updated_at = Now()
    trigger.save()
    _keep_version(trigger, wanted, by)
    told: JsonObject = {"version": trigger.version, "changes": list[Json](changes), **(data or {})}
    record(verb or ("changed" if known else "created"), trigger, by, told)
    return Saved(trigger=lock(trigger.pk), changes=changes, is_new=known is None)


def _plan(trigger: Trigger, checked: Checked, *, is_other: bool) -> None:
    """Set the next time by the new rule; what the old one left behind is recorded."""
    if not is_other:
        return
    now = database_now()
    if trigger.pk is not None:
        _note_left_behind(trigger, now)
    kind = checked.said["kind"]
    if kind != trigger.kind or kind == Trigger.Kind.STATE:
        # what holds by now is no beginning; what a queue trigger has under way stays known
        trigger.seen, trigger.checked_at = {}, None
    if checked.rule is None:
        trigger.next_at, trigger.next_mark = None, ""
    else:
        following = first_after(checked.rule, now)
        if following is None:
            problem = FieldProblem("rule", _("has no time that lies ahead"))
            raise InvalidError(f"{problem.path}: {problem.message}.", fields=[problem])
        trigger.next_at, trigger.next_mark = following.at, following.mark
    if trigger.status == Status.ENDED:
        trigger.status = Status.ENABLED


def _note_left_behind(trigger: Trigger, now: datetime) -> None:
    if trigger.kind not in Trigger.TIMED:
        return
    try:
        rule = rule_of(trigger)
    except InvalidError:
        return  # its times could not be worked out any more: that is why it is changed
    if trigger.status == Status.ENABLED:
        note_unseen(trigger, rule, now, Firing.Outcome.MISSED, Firing.Reason.DROPPED)
    else:
        note_unseen(trigger, rule, now, Firing.Outcome.SKIPPED, Firing.Reason.PAUSED)


def _keep_version(trigger: Trigger, wanted: JsonObject, by: Actor) -> None:
    TriggerVersion.objects.create(
        trigger=trigger, number=trigger.version, definition=wanted, by=by.name[:150]
    )


def _insist_on_version(known: Trigger | None, version: int | None) -> None:
    there = known.version if known else 0
    if version is None or version == there:
        return
    if version == 0:
        message = _("There is a trigger with this key already.")
        raise ConflictError(message, fields=[FieldProblem("key", message)])
    if known is None:
        raise ConflictError(_("This trigger is gone."))
    words = {"version": version, "there": there}
    raise ConflictError(
        _("Somebody changed this trigger meanwhile: you saw version %(version)d, it is %(there)d.")
        % words
    )


def _known(folder: Folder, key: str) -> Any:
    rows = Trigger.objects.filter(folder=folder, key=key)
    return rows.select_related("folder", "calendar", "owner")


def _name_of(by: Actor) -> str:
    """Return the user name of who makes a trigger: it is theirs, unless they say otherwise."""
    if by.user_id is None:
        return ""
    return str(User.objects.values_list("username", flat=True).get(pk=by.user_id))
