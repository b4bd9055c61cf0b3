"""Until when people put tasks off: the times that make sense now, in their own zone."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from apps.lib.clock import utc_now

MORNING = time(9)
MONDAY = 0


@dataclass(frozen=True, slots=True)
class SnoozeChoice:
    label: str
    at: datetime

    @property
    def words(self) -> str:
        """Return the day and the time, as the person's clock shows them."""
        return date_format(timezone.localtime(self.at), "D H:i")


def snooze_choices(now: datetime | None = None) -> list[SnoozeChoice]:
    """Return the choices, earliest first: in an hour, tomorrow morning, Monday morning."""
    local = timezone.localtime(now or utc_now())
    monday = (MONDAY - local.weekday()) % 7 or 7
    choices = [
        SnoozeChoice(_("In an hour"), local + timedelta(hours=1)),
        SnoozeChoice(_("Tomorrow morning"), _morning(local, days=1)),
    ]
    if monday > 1:
        choices.append(SnoozeChoice(_("Next Monday"), _morning(local, days=monday)))
    return choices


def _morning(local: datetime, *, days: int) -> datetime:
    day = (local + timedelta(days=days)).date()
    return datetime.combine(day, MORNING, tzinfo=local.tzinfo)
