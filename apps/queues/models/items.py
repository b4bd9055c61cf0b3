"""Items, and what belongs to one for good: its tries, references, effects and documents."""

from datetime import datetime
from typing import Self

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from apps.accounts.permissions import FolderQuerySet
from apps.queues.standing import standing_annotations

from .queues import WorkQueue


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
        UPLOAD = "upload", _("Upload")
        DEMO = "demo", _("Demo")
        SAMPLE = "sample", _("Sample data")
        WORKFLOW = "workflow", _("Workflow")
        TRIGGER = "trigger", _("Trigger")

    queue = models.ForeignKey(
        WorkQueue, models.PROTECT, related_name="items", db_constraint=False, db_index=False
    )
    # by bytes, so that its index finds what begins with a text, whatever the server's language
    reference = models.CharField(_("reference"), max_length=200, blank=True, db_collation="C")
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
            # what begins with a text, in its order; of the same reference the newest first
            models.Index(
                name="work_item_reference",
                fields=["queue", "reference", "-id"],
                condition=~models.Q(reference=""),
            ),
            # which deadlines have passed: how many of them were kept
            models.Index(
                name="work_item_due",
                fields=["due_at"],
                condition=models.Q(due_at__isnull=False),
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


class Attempt(models.Model):
    """One try at an item, written when it ended. Partitioned by month of `ended_at`."""

    class Outcome(models.TextChoices):
        SUCCESSFUL = "successful", _("Done")
        BUSINESS_EXCEPTION = "business_exception", _("Data problem")
        APPLICATION_EXCEPTION = "application_exception", _("System problem")
        LOST = "lost", _("Bot stopped answering")
        RELEASED = "released", _("Given back")
        ASKED = "asked", _("Asked a person")

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

    class Meta:
        # the newest tries of a queue: breakers judge by them, forecasts learn from them
        indexes = [
            models.Index(name="attempt_of_queue", fields=["queue_id", "ended_at"]),
            # what went wrong lately: few among many
            models.Index(
                name="attempt_gone_wrong",
                fields=["queue_id", "ended_at"],
                condition=models.Q(
                    outcome__in=["business_exception", "application_exception", "lost"]
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.item_id} try {self.number}: {self.outcome}"


class ItemReference(models.Model):
    """The references a queue has seen, for ever; only for queues that ask for uniqueness."""

    pk = models.CompositePrimaryKey("queue_id", "reference")
    queue_id = models.BigIntegerField()
    reference = models.CharField(max_length=200, db_collation="C")
    item_id = models.BigIntegerField()

    def __str__(self) -> str:
        return self.reference


class Owned(models.Model):
    """Says that an item is the work of a step: it was not added for its own sake.

    Whose step that is, the queue need not know: `owner_id` is a number of the layer above, and
    `token` (with `index`, where a step has many items) one of its own. Whoever ends such an item
    puts the news `work_item.ended` into the outbox; see statements.parts.tell_owners.
    """

    item_id = models.BigIntegerField(primary_key=True)
    owner_id = models.BigIntegerField()
    token = models.IntegerField()
    index = models.IntegerField(null=True)
    # what becomes of failures, see lifecycle.OwnerPolicy; null: nothing but the defaults
    policy = models.JSONField(null=True)

    class Meta:
        verbose_name_plural = "owned"
        indexes = [models.Index(name="owned_token", fields=["owner_id", "token"])]

    def __str__(self) -> str:
        return f"#{self.item_id} of {self.owner_id}:{self.token}"


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

    item = models.ForeignKey(WorkItem, models.CASCADE, related_name="files", db_constraint=False)
    name = models.CharField(max_length=255)
    content_type = models.CharField(max_length=100)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    file = models.FileField(upload_to="items/%Y/%m/%d", max_length=300)
    added_at = models.DateTimeField(db_default=Now())
    added_by = models.CharField(max_length=150, blank=True)

    def __str__(self) -> str:
        return self.name
