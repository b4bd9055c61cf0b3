"""What happened to instances, what went wrong, and what still waits to be heard."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Folder
from apps.accounts.permissions import FolderQuerySet

from .definitions import Workflow
from .instances import WorkflowInstance


class StepInstance(models.Model):
    """One visit of an element, written when it is over. Partitioned by month of `ended_at`."""

    class Outcome(models.TextChoices):
        COMPLETED = "completed", _("Done")
        SKIPPED = "skipped", _("Left out")
        CANCELLED = "cancelled", _("Cancelled")
        FAILED = "failed", _("Failed")

    pk = models.CompositePrimaryKey("instance_id", "token", "ended_at")
    instance_id = models.BigIntegerField()
    token = models.IntegerField()
    scope = models.IntegerField()
    node = models.CharField(max_length=200)
    kind = models.CharField(max_length=30)
    outcome = models.CharField(max_length=10, choices=Outcome)
    entered_at = models.DateTimeField()
    ended_at = models.DateTimeField()
    came_by = models.CharField(max_length=200, blank=True)
    # the variables that the step set
    delta = models.JSONField(default=dict)
    by = models.CharField(max_length=150, blank=True)
    note = models.TextField(blank=True)

    class Meta:
        ordering = ["ended_at", "token"]

    def __str__(self) -> str:
        return f"{self.node} ({self.instance_id}/{self.token}) {self.outcome}"


class Incident(models.Model):
    """A token that can't go on until somebody repairs it."""

    class How(models.TextChoices):
        """What ended it."""

        RETRY = "retry", _("Done again")
        GO_ON = "go_on", _("Went on with a given result")
        THROW = "throw", _("Went on as an error")
        CANCELLED = "cancelled", _("No longer needed")

    folder = models.ForeignKey(Folder, models.PROTECT, related_name="+", db_constraint=False)
    workflow = models.ForeignKey(
        Workflow, models.PROTECT, related_name="incidents", db_constraint=False
    )
    instance = models.ForeignKey(
        WorkflowInstance, models.CASCADE, related_name="incidents", db_constraint=False
    )
    token = models.IntegerField()
    node = models.CharField(max_length=200)
    phase = models.CharField(max_length=10)
    code = models.CharField(max_length=200)
    # the same for the same fault at the same step
    fingerprint = models.CharField(max_length=32)
    message = models.TextField()
    opened_at = models.DateTimeField(db_default=Now())
    resolved_at = models.DateTimeField(null=True)
    resolved_by = models.CharField(max_length=150, blank=True)
    how = models.CharField(max_length=10, choices=How, blank=True)
    reason = models.CharField(max_length=500, blank=True)

    objects = FolderQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                name="incident_one_open_per_token",
                fields=["instance", "token"],
                condition=models.Q(resolved_at__isnull=True),
            ),
            models.CheckConstraint(
                name="incident_resolved_has_how",
                condition=models.Q(resolved_at__isnull=True, how="")
                | models.Q(resolved_at__isnull=False) & ~models.Q(how=""),
            ),
        ]
        indexes = [
            models.Index(
                name="incident_open",
                fields=["folder", "-id"],
                condition=models.Q(resolved_at__isnull=True),
            ),
            models.Index(name="incident_fingerprint", fields=["fingerprint", "-id"]),
        ]

    def __str__(self) -> str:
        return f"{self.node}: {self.message[:80]}"

    @property
    def is_open(self) -> bool:
        return self.resolved_at is None


class PendingEvent(models.Model):
    """Something that happened to an instance while it was paused."""

    instance = models.ForeignKey(
        WorkflowInstance, models.CASCADE, related_name="pending_events", db_constraint=False
    )
    event = models.JSONField()
    at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"#{self.instance_id}: {self.event.get('is', '?')}"


class BufferedMessage(models.Model):
    """A message on its way to whoever waits for it, until `expires_at`."""

    folder = models.ForeignKey(Folder, models.CASCADE, related_name="+", db_constraint=False)
    name = models.CharField(max_length=300)
    key = models.CharField(max_length=300, blank=True)
    variables = models.JSONField(default=dict)
    published_at = models.DateTimeField(db_default=Now())
    published_by = models.CharField(max_length=150, blank=True)
    # the instance that sent it; None: a person or a program did
    sender_id = models.BigIntegerField(null=True)
    expires_at = models.DateTimeField()

    objects = FolderQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(name="buffered_message_name", fields=["folder", "name", "key", "id"]),
            models.Index(name="buffered_message_expires", fields=["expires_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.key}"
