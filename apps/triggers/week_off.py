"""Times of a week in which nothing starts by itself: freezes and pauses of folders, holidays."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.utils import formats, timezone
from django.utils.translation import gettext as _

from apps.calendars.hours import Hours
from apps.calendars.lookup import hours_of
from apps.calendars.models import Calendar
from apps.limits.models import Freeze
from apps.limits.recurring import occurrence

from .presenting import pauses_of

MAX_FREEZES, MAX_CALENDARS = 50, 20
# A week has no more of one that repeats each day
MAX_TIMES = 9


@dataclass(frozen=True, slots=True)
class Off:
    """From when to when; `folder_id` None: of some applications only, which leaves out nothing."""

    start: datetime
    end: datetime
    folder_id: int | None
    title: str = ""


@dataclass(frozen=True, slots=True)
class TimesOff:
    offs: list[Off]
    calendars: list[Hours]

    @classmethod
    def of(
        cls, folders: Collection[int], begin: datetime, end: datetime, now: datetime
    ) -> "TimesOff":
        """Return what holds these folders between the two moments."""
        paused = [
            Off(now, pause.until, folder) for folder, pause in pauses_of(folders, now).items()
        ]
        calendars = Calendar.objects.filter(folder__in=folders).exclude(country="")
        hours = [hours_of(each) for each in calendars.order_by("pk")[:MAX_CALENDARS]]
        return cls([*paused, *_freezes(folders, begin, end)], hours)

    def is_off(self, folder_id: int, at: datetime) -> bool:
        return any(
            each.folder_id == folder_id and each.start <= at < each.end for each in self.offs
        )

    def notes_on(self, day: date) -> list[str]:
        """Return what is to be said of a day: public holidays and freezes, each once."""
        holidays = [_("Holiday: %(name)s") % {"name": name} for name in self._holidays(day)]
        zone = timezone.get_current_timezone()
        first = datetime.combine(day, time(), zone)
        last = datetime.combine(day + timedelta(days=1), time(), zone)
        frozen = [
            _("Freeze: %(title)s, %(from)s–%(until)s")
            % {
                "title": each.title,
                "from": _clock(max(each.start, first)),
                "until": _clock(min(each.end, last)),
            }
            for each in self.offs
            if each.title and each.start < last and each.end > first
        ]
        return [*dict.fromkeys([*holidays, *frozen])]

    def _holidays(self, day: date) -> Iterator[str]:
        yield from (name for hours in self.calendars if (name := hours.holiday_on(day)))


def _clock(at: datetime) -> str:
    return formats.date_format(timezone.localtime(at), "H:i")


def _freezes(folders: Collection[int], begin: datetime, end: datetime) -> Iterator[Off]:
    found = Freeze.objects.filter(folder__in=folders, first_starts_at__lt=end)
    for freeze in found.prefetch_related("applications").order_by("pk")[:MAX_FREEZES]:
        folder_id = None if freeze.applications.all() else freeze.folder_id
        for starts, ends in _times_of(freeze, begin, end):
            yield Off(starts, ends, folder_id, freeze.title)


def _times_of(
    freeze: Freeze, begin: datetime, end: datetime
) -> Iterator[tuple[datetime, datetime]]:
    first, after = (freeze.first_starts_at, freeze.first_ends_at), begin
    for _number in range(MAX_TIMES):
        starts, ends = occurrence(first, repeats=freeze.repeats, zone=freeze.zone, now=after)
        if starts >= end or ends <= after:
            return
        yield starts, ends
        after = ends
