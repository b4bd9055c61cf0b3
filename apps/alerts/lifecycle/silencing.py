"""Times in which nobody is told: each has an end."""

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Least, Now
from django.utils.translation import gettext as _

from apps.accounts.models import Folder
from apps.alerts.models import AlertRule, Silence
from apps.events.bus import publish
from apps.lib.actors import Actor
from apps.lib.clock import database_now
from apps.lib.errors import ConflictError, FieldProblem, InvalidError
from apps.lib.json import JsonObject

from .recording import RULES_TOPIC, TOPIC

LONGEST: Final = timedelta(days=31)
FARTHEST: Final = timedelta(days=366)
MAX_REASON: Final = 300


@transaction.atomic
def silence(  # noqa: PLR0913  all of it is said by people
    folder: Folder,
    *,
    rule: AlertRule | None,
    starts_at: datetime | None,
    ends_at: datetime,
    reason: str,
    by: Actor,
) -> Silence:
    """Tell nobody of the rule's alerts, or of the folder's, until then; they stand in the list.

    `starts_at` None: from now on. Raises InvalidError naming each field that does not fit.
    """
    now = database_now()
    begins = starts_at or now
    problems = [*_problems(now, begins, ends_at, reason)]
    if rule is not None and rule.folder_id != folder.pk:
        problems.append(FieldProblem("rule", _("is not of this folder")))
    if problems:
        said = "; ".join(f"{each.path} {each.message}" for each in problems)
        raise InvalidError(said, fields=problems)
    made = Silence.objects.create(
        folder=folder,
        rule=rule,
        starts_at=begins,
        ends_at=ends_at,
        reason=reason.strip(),
        by=by.name[:150],
    )
    _record("made", made, by, {"until": ends_at.isoformat(), "reason": made.reason})
    return made


@transaction.atomic
def end_silence(found: Silence, *, by: Actor) -> None:
    """End it now; one that is yet to come is dropped. Raises ConflictError if it is over."""
    _record("ended", found, by, {})
    to_come = Silence.objects.filter(pk=found.pk, starts_at__gte=Now()).delete()[0]
    if to_come:
        return
    ended = Silence.objects.filter(pk=found.pk, ends_at__gt=Now())
    if not ended.update(ends_at=Least(F("ends_at"), Now())):
        raise ConflictError(_("This silence is over already."))


def _problems(now: datetime, begins: datetime, ends: datetime, reason: str) -> "list[FieldProblem]":
    found = []
    if begins > now + FARTHEST:
        found.append(FieldProblem("starts_at", _("is too far ahead")))
    if ends <= max(begins, now):
        found.append(FieldProblem("ends_at", _("must be later than its beginning, and than now")))
    elif ends - begins > LONGEST:
        words = {"n": LONGEST.days}
        found.append(FieldProblem("ends_at", _("is more than %(n)d days later") % words))
    if not reason.strip() or len(reason) > MAX_REASON or "\x00" in reason:
        words = {"n": MAX_REASON}
        found.append(FieldProblem("reason", _("must be text of 1 to %(n)d characters") % words))
    return found


def _record(verb: str, found: Silence, by: Actor, data: JsonObject) -> None:
    what = found.rule.title if found.rule else found.folder.title
    publish(
        f"alert_silence.{verb}",
        subject=("alert_rule", found.rule_id) if found.rule_id else ("folder", found.folder_id),
        folder_id=found.folder_id,
        by=by,
        data={"what": what, **data},
        topics=[TOPIC, RULES_TOPIC],
    )
