"""Alerts that come from elsewhere: triggers raise them, applications that fail have one open.

Both have told people by notices of their own already.
"""

from typing import Final

from django.db import IntegrityError, transaction
from django.db.models import F, Q

from apps.alerts.models import Alert, Severity
from apps.lib.actors import SYSTEM
from apps.limits.models import Application

from .looking import end_alert
from .recording import record

CLOSED: Final = Application.State.CLOSED


@transaction.atomic
def raise_for_trigger(
    trigger_id: int, folder_id: int, *, event_id: int, title: str, text: str
) -> Alert | None:
    """Open an alert of this trigger, or count it in the one that is open; a person resolves it.

    None if this event was counted already: it is told at least once, and counts once.
    """
    key = f"trigger:{trigger_id}"
    rows = Alert.objects.filter(folder_id=folder_id, source_key=key)
    if rows.filter(last_event__gte=event_id).exists():
        return None
    known: Alert | None = rows.open().select_for_update().first()
    if known is not None:
        # somebody who waited for the row may have counted the same event meanwhile
        unseen = Q(last_event__lt=event_id) | Q(last_event=None)
        fields = {"title": title[:200], "text": text, "last_event": event_id}
        if not rows.filter(unseen, pk=known.pk).update(count=F("count") + 1, **fields):
            return None
        record("raised_again", known, SYSTEM)
        return known
    return _open(
        Alert(
            folder_id=folder_id,
            source=Alert.Source.TRIGGER,
            source_key=key,
            title=title[:200],
            text=text,
            last_event=event_id,
            is_to_tell=False,
        )
    )


@transaction.atomic
def follow_application(pk: int, *, reason: str = "") -> None:
    """Have an alert open exactly while the application fails, whatever news came in which order."""
    found = Application.objects.select_for_update().filter(pk=pk).first()
    key = f"application:{pk}"
    known = Alert.objects.open().filter(source_key=key).first()
    fails = found is not None and found.state != CLOSED
    if known is not None and not fails:
        end_alert(known, Alert.End.CLEARED)
    elif known is None and fails and found is not None:
        _open(
            Alert(
                folder_id=found.folder_id,
                source=Alert.Source.APPLICATION,
                source_key=key,
                title=found.title,
                text=reason,
                severity=Severity.CRITICAL,
                runbook_url=found.runbook_url,
                is_to_tell=False,
            )
        )


def _open(alert: Alert) -> Alert | None:
    """Open it, unless somebody else has just done so."""
    try:
        with transaction.atomic():
            alert.save(force_insert=True)
    except IntegrityError:
        return None
    found = Alert.objects.get(pk=alert.pk)
    record("fired", found, SYSTEM, {"text": found.text})
    return found
