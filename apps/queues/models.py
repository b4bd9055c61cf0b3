"""Work waiting for bots: queues, items, and the tables that say where each item stands.

An item stands in exactly one of `Ready`, `Scheduled`, `Lease`, `Parked`, `Ended` (each unique on
the item). Moves are `DELETE … RETURNING` + `INSERT` in one statement and live in lifecycle only;
`manage.py check_items` proves one place per item. The hot tables carry no foreign-key constraints:
checking them would lock and rewrite the item row on every move.
"""

from datetime import datetime
from typing import Self

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Folder
from apps.accounts.permissions import FolderQuerySet
from apps.bots.models import Automation, Run

from .standing import standing_annotations


class WorkQueue(models.Model):
    """Work of one kind, with its rules: retries, deadlines, who decides, who works it."""

    class UniqueReference(models.TextChoices):
        OFF = "off", _("References may repeat")
        REJECT = "reject", _("Refuse an item whose reference is known")
        IGNORE = "ignore", _("Answer with the item that is already there")

    class Backoff(models.TextChoices):
        FIXED = "fixed", _("Always the same delay")
        EXPONENTIAL = "exponential", _("Twice as long each time")

    class WhenStuck(models.TextChoices):
        INBOX = "inbox", _("Ask a person")
        FAIL = "fail", _("Fail the item")

    folder = models.ForeignKey(Folder, models.PROTECT, related_name="queues")
    key = models.SlugField(_("key"), max_length=100)
    title = models.CharField(_("title"), max_length=150)
    description = models.TextField(_("description"), blank=True)
    automation = models.ForeignKey(
        Automation, models.PROTECT, null=True, blank=True, related_name="queues"
    )
    payload_schema = models.JSONField(_("schema of the data"), default=dict, blank=True)
    unique_reference = models.CharField(
        _("references"), max_length=10, choices=UniqueReference, default=UniqueReference.OFF
    )
    max_attempts = models.PositiveSmallIntegerField(
        _("tries"), default=3, validators=[MinValueValidator(1), MaxValueValidator(100)]
    )
    retry_delay_seconds = models.PositiveIntegerField(
        _("delay before a retry, in seconds"), default=30, validators=[MaxValueValidator(604_800)]
    )
    retry_backoff = models.CharField(
        _("delay grows"), max_length=12, choices=Backoff, default=Backoff.EXPONENTIAL
    )
    lease_seconds = models.PositiveIntegerField(
        _("lease, in seconds"),
        default=60,
        validators=[MinValueValidator(1), MaxValueValidator(86_400)],
    )
    max_runs = models.PositiveSmallIntegerField(
        _("runs at a time"), default=1, validators=[MaxValueValidator(1000)]
    )
    max_in_progress = models.PositiveIntegerField(
        _("items worked at a time"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    sla_seconds = models.PositiveIntegerField(
        _("due after, in seconds"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    # see apps.queues.engine.deadlines.parse_cut_off
    cut_off = models.JSONField(_("due at a cut-off"), null=True, blank=True)
    due_lead_seconds = models.PositiveIntegerField(
        _("what is due within this many seconds overtakes"),
        default=3600,
        validators=[MaxValueValidator(31_536_000)],
    )
    seconds_per_point = models.PositiveIntegerField(
        _("one point of priority is worth this many seconds of waiting"),
        default=60,
        validators=[MaxValueValidator(86_400)],
    )
    on_business_exception = models.CharField(
        _("on a data problem"), max_length=6, choices=WhenStuck, default=WhenStuck.INBOX
    )
    on_exhausted = models.CharField(
        _("when all tries failed"), max_length=6, choices=WhenStuck, default=WhenStuck.INBOX
    )
    # see apps.queues.engine.ErrorRule
    error_rules = models.JSONField(_("error rules"), default=list, blank=True)
    paused_at = models.DateTimeField(null=True)
    paused_reason = models.CharField(max_length=300, blank=True)
    paused_by = models.CharField(max_length=150, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    objects = FolderQuerySet.as_manager()

    class Meta:
        ordering = ["title"]
        constraints = [
            models.UniqueConstraint(
                name="work_queue_key_once_per_folder", fields=["folder", "key"]
            ),
            models.CheckConstraint(
                name="work_queue_lease_at_least_one_second",
                condition=models.Q(lease_seconds__gte=1),
            ),
            models.CheckConstraint(
                name="work_queue_at_least_one_attempt", condition=models.Q(max_attempts__gte=1)
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_paused(self) -> bool:
        return self.paused_at is not None


class WorkItemQuerySet(FolderQuerySet):
    folder_path = "queue__folder_id"

    def with_status(self) -> Self:
        """Annotate `status`, `available_at_now` (deferred or retried then) and `since`.

        Look-ups by key, once per row that is read: cheap for pages, dear as a filter over many.
        """
        annotated: Self = self.annotate(**standing_annotations())
        return annotated


class WorkItem(models.Model):
    """One piece of work. The row changes only when a person edits it; see the module's head."""

    class Status(models.TextChoices):
        """What people see; derived from the place of the item, stored nowhere."""

        NEW = "new", _("Waiting")  # ready, deferred, or waiting for a retry
        IN_PROGRESS = "in_progress", _("Running")  # leased
        NEEDS_DECISION = "needs_decision", _("Needs a person")  # parked for the inbox
        ON_HOLD = "on_hold", _("Paused")  # parked by a person
        SUCCESSFUL = "successful", _("Done")  # final
        FAILED = "failed", _("Failed")  # final, a person may reopen it
        SKIPPED = "skipped", _("Left out")  # final
        CANCELLED = "cancelled", _("Cancelled")  # final
        EXPIRED = "expired", _("Expired")  # final: nobody worked it in time

    class Origin(models.TextChoices):
        """How the item came in."""

        API = "api", _("API")
        PAGE = "page", _("A person")
        DEMO = "demo", _("Demo")
        SAMPLE = "sample", _("Sample data")

    queue = models.ForeignKey(
        WorkQueue, models.PROTECT, related_name="items", db_constraint=False, db_index=False
    )
    reference = models.CharField(_("reference"), max_length=200, blank=True)
    payload = models.JSONField(_("data"), default=dict)
    priority = models.SmallIntegerField(
        _("priority"), default=50, validators=[MinValueValidator(0), MaxValueValidator(100)]
    )
    entered_at = models.DateTimeField(db_default=Now())
    available_at = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    # counts a person's edits; what a page showed must still hold when it is sent back
    version = models.PositiveIntegerField(default=1, db_default=1)
    origin = models.CharField(max_length=10, choices=Origin, default=Origin.API)
    added_by = models.CharField(max_length=150, blank=True)

    # set by with_status() alone
    status: str
    available_at_now: datetime | None
    since: datetime

    objects = WorkItemQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(name="work_item_queue", fields=["queue", "-id"]),
            models.Index(
                name="work_item_reference",
                fields=["queue", "reference"],
                condition=~models.Q(reference=""),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                name="work_item_priority_0_to_100",
                condition=models.Q(priority__gte=0, priority__lte=100),
            )
        ]

    def __str__(self) -> str:
        return self.reference or f"#{self.pk}"


class Place(models.Model):
    """What every place row carries from place to place. Abstract."""

    queue_id = models.BigIntegerField()
    attempt = models.PositiveIntegerField(default=1)  # number of the next (or running) try
    tries = models.PositiveSmallIntegerField(default=0)  # failed tries that count for max_attempts
    losses = models.PositiveSmallIntegerField(default=0)  # times it was lost while leased alone
    # was lost, so it is leased with nothing beside it; on a lease: nothing was leased beside it
    alone = models.BooleanField(default=False)

    class Meta:
        abstract = True


class Ready(Place):
    """May be leased now, in the order of its primary key (see lifecycle: rank)."""

    pk = models.CompositePrimaryKey("queue_id", "rank_at", "item_id")
    rank_at = models.DateTimeField()
    item_id = models.BigIntegerField()
    expires_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(name="ready_item_once", fields=["item_id"])]
        indexes = [
            # the sweep that ends what nobody worked in time
            models.Index(
                name="ready_expires",
                fields=["expires_at"],
                condition=models.Q(expires_at__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return f"#{self.item_id} ready"


class Scheduled(Place):
    """Becomes ready at `available_at`."""

    class Why(models.TextChoices):
        DEFERRED = "deferred"
        RETRY = "retry"

    item_id = models.BigIntegerField(primary_key=True)
    available_at = models.DateTimeField()
    why = models.CharField(max_length=10, choices=Why)
    expires_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(name="scheduled_available", fields=["available_at"]),
            models.Index(name="scheduled_queue", fields=["queue_id", "available_at"]),
            models.Index(
                name="scheduled_expires",
                fields=["expires_at"],
                condition=models.Q(expires_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.item_id} scheduled"


class Lease(Place):
    """Being worked on until `expires_at` by whoever holds `token`."""

    item_id = models.BigIntegerField(primary_key=True)
    token = models.UUIDField()
    bot = models.CharField(max_length=150)
    run_id = models.BigIntegerField(null=True)
    leased_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()
    progress = models.JSONField(null=True)

    class Meta:
        # max_in_progress counts by queue, the reaper asks each queue for what has run out
        indexes = [models.Index(name="lease_queue_expires", fields=["queue_id", "expires_at"])]

    def __str__(self) -> str:
        return f"#{self.item_id} leased by {self.bot}"


class Parked(Place):
    """Waits for a person: to decide, or to take it off hold."""

    class Status(models.TextChoices):
        NEEDS_DECISION = "needs_decision"
        ON_HOLD = "on_hold"

    class Cause(models.TextChoices):
        BUSINESS_EXCEPTION = "business_exception", _("Data problem")
        EXHAUSTED = "exhausted", _("System problem, all tries used")
        LOST = "lost", _("Bot stopped answering, again and again")
        EFFECT_UNKNOWN = "effect_unknown", _("Nobody knows whether it happened")
        RULE = "rule", _("An error rule asks a person")
        HELD = "held", _("Held by a person")

    item_id = models.BigIntegerField(primary_key=True)
    status = models.CharField(max_length=15, choices=Status)
    cause = models.CharField(max_length=20, choices=Cause)
    message = models.TextField(blank=True)
    code = models.CharField(max_length=100, blank=True)
    since = models.DateTimeField(db_default=Now())
    by = models.CharField(max_length=150, blank=True)
    expires_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(name="parked_queue", fields=["queue_id", "status", "since"]),
            models.Index(
                name="parked_expires",
                fields=["expires_at"],
                condition=models.Q(expires_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.item_id} {self.status}"


class Ended(Place):
    """Done with, unless a person reopens it."""

    class Status(models.TextChoices):
        SUCCESSFUL = "successful"
        FAILED = "failed"
        SKIPPED = "skipped"
        CANCELLED = "cancelled"
        EXPIRED = "expired"

    item_id = models.BigIntegerField(primary_key=True)
    status = models.CharField(max_length=10, choices=Status)
    at = models.DateTimeField(db_default=Now())
    by = models.CharField(max_length=150, blank=True)
    note = models.TextField(blank=True)

    class Meta:
        indexes = [
            # "what failed lately", the list people open most; successes are found by item
            models.Index(
                name="ended_not_successful",
                fields=["queue_id", "-at"],
                condition=~models.Q(status="successful"),
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.item_id} {self.status}"


class Attempt(models.Model):
    """One try at an item, written when it ended. Partitioned by month of `ended_at`."""

    class Outcome(models.TextChoices):
        SUCCESSFUL = "successful", _("Done")
        BUSINESS_EXCEPTION = "business_exception", _("Data problem")
        APPLICATION_EXCEPTION = "application_exception", _("System problem")
        LOST = "lost", _("Bot stopped answering")
        RELEASED = "released", _("Given back")

    pk = models.CompositePrimaryKey("item_id", "number", "ended_at")
    item_id = models.BigIntegerField()
    number = models.PositiveIntegerField()
    queue_id = models.BigIntegerField()
    # whose try it was: the same result sent again is known by it, and answered as finished
    token = models.UUIDField(null=True)
    bot = models.CharField(max_length=150)
    run_id = models.BigIntegerField(null=True)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(db_default=Now())
    outcome = models.CharField(max_length=25, choices=Outcome)
    output = models.JSONField(null=True)
    code = models.CharField(max_length=100, blank=True)
    message = models.TextField(blank=True)
    error_class = models.CharField(max_length=200, blank=True)
    detail = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"#{self.item_id} try {self.number}: {self.outcome}"


class ItemReference(models.Model):
    """The references a queue has seen, for ever; only for queues that ask for uniqueness."""

    pk = models.CompositePrimaryKey("queue_id", "reference")
    queue_id = models.BigIntegerField()
    reference = models.CharField(max_length=200)
    item_id = models.BigIntegerField()

    def __str__(self) -> str:
        return self.reference


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

    pk = models.CompositePrimaryKey("queue_id", "minute", "measure")
    queue_id = models.BigIntegerField()
    minute = models.DateTimeField()
    measure = models.CharField(max_length=25, choices=Measure)
    n = models.BigIntegerField(default=0)

    class Meta:
        indexes = [models.Index(name="minute_count_minute", fields=["minute"])]

    def __str__(self) -> str:
        return f"{self.queue_id} {self.minute:%H:%M} {self.measure} {self.n}"


class Effect(models.Model):
    """An act in the outside world that cannot be undone, bracketed by begin and end."""

    class State(models.TextChoices):
        BEGUN = "begun", _("Begun, end unknown")
        FINISHED = "finished", _("Finished")

    item_id = models.BigIntegerField()
    key = models.CharField(max_length=200)
    state = models.CharField(max_length=10, choices=State, default=State.BEGUN)
    reference = models.CharField(max_length=300, blank=True)
    attempt = models.PositiveIntegerField()
    token = models.UUIDField(null=True)
    begun_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True)
    settled_by = models.CharField(max_length=150, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="effect_once_per_item", fields=["item_id", "key"])
        ]

    def __str__(self) -> str:
        return f"{self.key}: {self.state}"


class ItemFile(models.Model):
    """A document that belongs to an item."""

    item = models.ForeignKey(
        WorkItem, models.CASCADE, related_name="files", db_constraint=False
    )
    name = models.CharField(max_length=255)
    content_type = models.CharField(max_length=100)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    file = models.FileField(upload_to="items/%Y/%m/%d", max_length=300)
    added_at = models.DateTimeField(db_default=Now())
    added_by = models.CharField(max_length=150, blank=True)

    def __str__(self) -> str:
        return self.name


class QueueRun(models.Model):
    """A run that drains a queue."""

    run = models.OneToOneField(Run, models.CASCADE, primary_key=True, related_name="queue_run")
    queue = models.ForeignKey(WorkQueue, models.CASCADE, related_name="queue_runs")

    def __str__(self) -> str:
        return f"{self.run} of {self.queue}"
