"""What keeps triggers from starting anything: their own pause, their folder's, stops, freezes."""

from collections.abc import Collection
from datetime import datetime
from typing import Final

from django.db import connection
from django.utils.translation import gettext as _

from apps.calendars.lookup import hours_of
from apps.lib.clock import database_now
from apps.lib.errors import ConflictError
from apps.limits.models import FolderStop, Freeze
from apps.triggers.models import Firing, FolderPause, Trigger
from apps.triggers.timing.reading import zone_named

Reason, Status = Firing.Reason, Trigger.Status

# Any number of schedulers hold a folder at once; whoever pauses it waits until they have let go
HOLD_FOLDERS: Final = """
select 1 from accounts_folder where id = any(%s::bigint[]) order by id for share
"""


def held_folders(ids: Collection[int], now: datetime) -> dict[int, str]:
    """Return why nothing of these folders starts now, those that are free left out.

    No other will be paused or stopped before the transaction ends. The gravest reason counts.
    """
    with connection.cursor() as cursor:
        cursor.execute(HOLD_FOLDERS, [sorted(ids)])
    frozen = Freeze.objects.filter(
        folder_id__in=ids, starts_at__lte=now, ends_at__gt=now, applications=None
    )
    found: dict[int, str] = dict.fromkeys(frozen.values_list("folder_id", flat=True), Reason.FREEZE)
    paused = FolderPause.objects.filter(folder_id__in=ids, until__gt=now)
    found |= dict.fromkeys(paused.values_list("folder_id", flat=True), Reason.FOLDER_PAUSED)
    stopped = FolderStop.objects.filter(folder_id__in=ids)
    return found | dict.fromkeys(stopped.values_list("folder_id", flat=True), Reason.STOPPED)


def hold_of(trigger: Trigger, now: datetime) -> str:
    """Return why a locked trigger without times starts nothing now, "" if it may."""
    if trigger.status != Status.ENABLED:
        return Reason.PAUSED
    held = held_folders({trigger.folder_id}, now).get(trigger.folder_id)
    if held is not None:
        return held
    return Reason.CALENDAR if _is_closed(trigger, now) else ""


def insist_on_no_stop(trigger: Trigger) -> None:
    """Raise ConflictError while all work of the folder is stopped: not even people start then."""
    held = held_folders({trigger.folder_id}, database_now())
    if held.get(trigger.folder_id) == Reason.STOPPED:
        raise ConflictError(_("All work of this folder is stopped. Lift the emergency stop first."))


def _is_closed(trigger: Trigger, now: datetime) -> bool:
    """A day is one of the rule's zone; without one, of the calendar's."""
    if trigger.calendar is None or trigger.on_closed == Trigger.OnClosed.IGNORE:
        return False
    hours = hours_of(trigger.calendar)
    zone = zone_named(trigger.rule.get("zone")) or hours.zone
    return not hours.spans_on(now.astimezone(zone).date())
