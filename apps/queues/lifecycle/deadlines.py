"""When new items are due."""

from datetime import datetime

from apps.lib.clock import database_now
from apps.queues import engine
from apps.queues.models import WorkQueue

from .values import NewItem


class Deadlines:
    """Computes when items are due; asks the database for the time once, and only if it matters."""

    def __init__(self, queue: WorkQueue) -> None:
        self.sla_seconds = queue.sla_seconds
        self.cut_off = engine.parse_cut_off(queue.cut_off)
        self._now: datetime | None = None
        self._usual: datetime | None = None

    def due_at(self, new: NewItem) -> datetime | None:
        """Return the given deadline, else the queue's, counted from when the work may begin."""
        if new.due_at is not None or (self.sla_seconds is None and self.cut_off is None):
            return new.due_at
        if self._now is None:
            self._now = database_now()
            self._usual = self._after(self._now)
        if new.available_at is not None and new.available_at > self._now:
            return self._after(new.available_at)
        return self._usual

    def _after(self, moment: datetime) -> datetime | None:
        return engine.when_due(moment, sla_seconds=self.sla_seconds, cut_off=self.cut_off)
