"""When a message may go out: quiet hours and digests. Pure arithmetic on a person's own clock."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

SATURDAY = 5
# quiet hours and weekends can follow each other, but not for ever
MAX_STEPS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """What holds for one person; see models.Rhythm."""

    zone: ZoneInfo
    quiet_from: time | None = None
    quiet_until: time | None = None
    are_weekends_quiet: bool = False
    let_through: frozenset[str] = frozenset()
    is_hourly: bool = False
    digest_at: time = time(8)

    def quiet_end(self, now: datetime) -> datetime:
        """Return when this person may be disturbed: `now`, or the end of the quiet time."""
        moment = now
        for _step in range(MAX_STEPS):
            end = self._end_of_quiet_at(moment)
            if end is None:
                break
            moment = end
        return max(moment, now)

    def next_digest(self, now: datetime) -> datetime:
        """Return when the next digest goes out: after `now`, and not in quiet hours."""
        local = now.astimezone(self.zone)
        if self.is_hourly:
            full = now.replace(minute=0, second=0, microsecond=0)
            return self.quiet_end(full + timedelta(hours=1))
        today = self._at(local, self.digest_at)
        due = today if today > now else self._at(local, self.digest_at, days=1)
        return self.quiet_end(due)

    def _end_of_quiet_at(self, moment: datetime) -> datetime | None:
        local = moment.astimezone(self.zone)
        if self.are_weekends_quiet and local.weekday() >= SATURDAY:
            return self._at(local, time(0), days=7 - local.weekday())
        if self.quiet_from is None or self.quiet_until is None:
            return None
        return self._end_of_night(local, self.quiet_from, self.quiet_until)

    def _end_of_night(self, local: datetime, start: time, end: time) -> datetime | None:
        at = local.time()
        if start <= end:
            return self._at(local, end) if start <= at < end else None
        if at >= start:
            return self._at(local, end, days=1)
        return self._at(local, end) if at < end else None

    def _at(self, local: datetime, at: time, *, days: int = 0) -> datetime:
        """That time of the day on this person's clock, `days` later."""
        day = local.date() + timedelta(days=days)
        return datetime.combine(day, at, self.zone)
