"""Counts of queues: appended as changes, folded into totals and minutes."""

from django.db import models
from django.db.models.functions import Now


class Measure(models.TextChoices):
    """What is counted per queue. The first nine are places, the rest are happenings."""

    READY = "ready"
    SCHEDULED = "scheduled"
    IN_PROGRESS = "in_progress"
    NEEDS_DECISION = "needs_decision"
    ON_HOLD = "on_hold"
    SUCCESSFUL = "successful"
    FAILED = "failed"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    ADDED = "added"
    BUSINESS_EXCEPTION = "business_exception"
    APPLICATION_EXCEPTION = "application_exception"
    LOST = "lost"


class CounterDelta(models.Model):
    """A change of a count, appended by the statement that made it; folded once a second."""

    queue_id = models.BigIntegerField()
    measure = models.CharField(max_length=25, choices=Measure)
    change = models.IntegerField()
    at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"{self.queue_id} {self.measure} {self.change:+d}"


class Counter(models.Model):
    """A folded count. Exact = this + the deltas still waiting (`counts.counts_of`)."""

    pk = models.CompositePrimaryKey("queue_id", "measure")
    queue_id = models.BigIntegerField()
    measure = models.CharField(max_length=25, choices=Measure)
    n = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.queue_id} {self.measure} {self.n}"


class MinuteCount(models.Model):
    """How much a count rose or fell in one minute: what charts and rates are made of."""

    # the measure before the minute: whoever reads, reads some measures of a span. An index by the
    # minute alone misleads the planner: it would read a fortnight of all queues for one of them
    pk = models.CompositePrimaryKey("queue_id", "measure", "minute")
    queue_id = models.BigIntegerField()
    minute = models.DateTimeField()
    measure = models.CharField(max_length=25, choices=Measure)
    n = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.queue_id} {self.minute:%H:%M} {self.measure} {self.n}"


class HourCount(models.Model):
    """The same per hour (of UTC): what a day or a week adds up to is read from few rows."""

    pk = models.CompositePrimaryKey("queue_id", "measure", "hour")
    queue_id = models.BigIntegerField()
    hour = models.DateTimeField()
    measure = models.CharField(max_length=25, choices=Measure)
    n = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.queue_id} {self.hour:%m-%d %H} {self.measure} {self.n}"
