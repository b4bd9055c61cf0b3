"""What people do with alerts: take them, put them off, hand them on, end them, talk about them."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Case, F, Value, When
from django.db.models.functions import Coalesce, Now
from django.utils.translation import gettext as _

from apps.accounts.models import Team, User
from apps.accounts.permissions import Action, can
from apps.alerts.models import Alert, AlertComment, AlertRule
from apps.alerts.models.alerts import MAX_COMMENT
from apps.lib.actors import Actor
from apps.lib.clock import database_now
from apps.lib.errors import ConflictError, FieldProblem, InvalidError
from apps.notices.lifecycle import notify

from .looking import dismiss
from .recording import record

Status = Alert.Status
NOTICE: Final = "alert"
LONGEST_SNOOZE: Final = timedelta(days=31)


def acknowledge(alert: Alert, *, by: Actor) -> Alert:
    """Say that somebody cares for it: nobody else need be told. It goes on until it is over.

    Raises ConflictError if it is over, or somebody has acknowledged it already.
    """
    moved = acknowledge_all([alert.pk], by=by)
    return _moved(alert, len(moved), _("Somebody has acknowledged it already: %(by)s."))


@transaction.atomic
def acknowledge_all(pks: Collection[int], *, by: Actor) -> list[int]:
    """The same for many: those that are over, or taken by somebody, are left; return the others."""
    free = Alert.objects.filter(pk__in=pks, status__in=[Status.FIRING, Status.SNOOZED])
    found = list(free.select_for_update().order_by("pk"))
    moved = [alert.pk for alert in found]
    Alert.objects.filter(pk__in=moved).update(
        status=Status.ACKNOWLEDGED,
        snoozed_until=None,
        acknowledged_at=Coalesce("acknowledged_at", Now()),
        acknowledged_by=_first_name(by),
        is_to_tell=False,
    )
    for alert in found:
        record("acknowledged", alert, by)
    return moved


@transaction.atomic
def snooze(alert: Alert, *, until: datetime, by: Actor) -> Alert:
    """Put it off: at `until` it fires again and people are told anew, unless it is over by then.

    Raises ConflictError if it is over; InvalidError for a time that is past, or too far ahead.
    """
    now = database_now()
    if not now < until <= now + LONGEST_SNOOZE:
        message = _("must be a time ahead, within %(n)d days") % {"n": LONGEST_SNOOZE.days}
        raise InvalidError(f"until {message}", fields=[FieldProblem("until", message)])
    moved = (
        Alert.objects.open()
        .filter(pk=alert.pk)
        .update(
            status=Status.SNOOZED,
            snoozed_until=until,
            acknowledged_at=Coalesce("acknowledged_at", Now()),
            acknowledged_by=_first_name(by),
            is_to_tell=False,
        )
    )
    found = _moved(alert, moved)
    record("snoozed", found, by, {"until": until.isoformat()})
    return found


@transaction.atomic
def resolve(alert: Alert, *, by: Actor) -> Alert:
    """Say that it is over. If its conditions hold still, its rule is silent until they have ended.

    Raises ConflictError if it is over already.
    """
    # the rule first, as whoever looks locks them: the other way round two would wait for each other
    list(AlertRule.objects.select_for_update().filter(pk=alert.rule_id))
    moved = (
        Alert.objects.open()
        .filter(pk=alert.pk)
        .update(
            status=Status.RESOLVED,
            resolved_at=Now(),
            resolved_by=by.name[:150],
            end=Alert.End.PERSON,
            snoozed_until=None,
            is_to_tell=False,
        )
    )
    found = _moved(alert, moved)
    if found.rule_id is not None:
        dismiss(found.rule_id)
    record("resolved", found, by)
    return found


@transaction.atomic
def assign(alert: Alert, *, owner: User | None, team: Team | None, by: Actor) -> Alert:
    """Hand it to a person, a team, both or nobody in particular; a person it is new to is told.

    Raises ConflictError if it is over; InvalidError for who can't see it.
    """
    _insist_on_sight(alert, owner, team)
    before = Alert.objects.select_for_update().get(pk=alert.pk)
    moved = Alert.objects.open().filter(pk=alert.pk).update(owner=owner, team=team)
    found = _moved(alert, moved)
    to = ", ".join(str(each) for each in (owner.name if owner else "", team or "") if each)
    record("assigned", found, by, {"to": to or "–"})
    if owner is not None and owner.pk != before.owner_id:
        notify(
            [owner.pk],
            NOTICE,
            title=_("Yours: %(title)s") % {"title": found.title},
            body=found.text,
            url=f"/alerts/{found.pk}/",
            folder_id=found.folder_id,
            subject=("alert", found.pk),
            by=by,
        )
    return found


@transaction.atomic
def comment(alert: Alert, text: str, *, by: Actor) -> AlertComment:
    """Say something about it, over or not. Raises InvalidError without a text."""
    said = text.replace("\x00", "").strip()
    if not said or len(said) > MAX_COMMENT:
        message = _("must be text of 1 to %(n)d characters") % {"n": MAX_COMMENT}
        raise InvalidError(f"text {message}", fields=[FieldProblem("text", message)])
    found = AlertComment.objects.create(alert=alert, text=said, by=by.name[:150])
    record("commented", alert, by, {"text": said[:200]})
    return found


def _first_name(by: Actor) -> Case:
    """Keep who was first."""
    return Case(When(acknowledged_at=None, then=Value(by.name[:150])), default=F("acknowledged_by"))


def _insist_on_sight(alert: Alert, owner: User | None, team: Team | None) -> None:
    if owner is not None and not can(owner, Action.VIEW, alert.folder_id):
        message = _("is nobody of this folder")
        raise InvalidError(f"owner {message}", fields=[FieldProblem("owner", message)])
    if team is not None and team.folder_id != alert.folder_id:
        message = _("is no team of this folder")
        raise InvalidError(f"team {message}", fields=[FieldProblem("team", message)])


def _moved(alert: Alert, n: int, otherwise: str = "") -> Alert:
    """Return it as it is now. Raises ConflictError if it did not move."""
    rows = Alert.objects.select_related("folder", "rule", "owner", "team")
    found: Alert = rows.get(pk=alert.pk)
    if n:
        return found
    if found.status == Status.RESOLVED:
        raise ConflictError(_("This alert is over already."))
    raise ConflictError(otherwise % {"by": found.acknowledged_by or "–"})
