"""What went wrong, alike together: groups, each failure's group, and counts to draw them by."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Folder
from apps.accounts.permissions import FolderQuerySet
from apps.bots.models import Automation
from apps.operations.models import Operation
from apps.queues.models import WorkQueue
from apps.workflows.models import Workflow


class Source(models.TextChoices):
    """Where a failure is written down. Together with the number of its row it is known for good."""

    TRY = "try", _("Try at an item")
    RUN = "run", _("Run")
    INCIDENT = "incident", _("Step of a workflow")


class FailureGroup(models.Model):
    """Failures with the same fingerprint. Only `lifecycle` writes a status."""

    class Kind(models.TextChoices):
        """What failed, and how."""

        BUSINESS = "business_exception", _("Data problem")
        APPLICATION = "application_exception", _("System problem")
        LOST = "lost", _("Bot stopped answering")
        RUN_FAULTED = "run_faulted", _("Run failed")
        RUN_LOST = "run_lost", _("Run lost with its bot")
        INCIDENT = "incident", _("Step needs repair")

    class Status(models.TextChoices):
        NEW = "new", _("New")  # nobody has taken it up
        ASSIGNED = "assigned", _("Assigned")  # somebody sees to it
        MUTED = "muted", _("Muted")  # known, and to be left alone until `muted_until`
        RESOLVED = "resolved", _("Resolved")  # until it happens again
        BACK = "back", _("Back again")  # it happened again after it was resolved

    OPEN = (Status.NEW, Status.BACK, Status.ASSIGNED)

    folder = models.ForeignKey(Folder, models.PROTECT, related_name="failure_groups")
    kind = models.CharField(max_length=25, choices=Kind)
    # of all that follows up to `version`; `cause` leaves kind and version out
    fingerprint = models.CharField(max_length=32)
    cause = models.CharField(max_length=32)
    queue = models.ForeignKey(WorkQueue, models.CASCADE, null=True, related_name="failure_groups")
    automation = models.ForeignKey(
        Automation, models.CASCADE, null=True, related_name="failure_groups"
    )
    workflow = models.ForeignKey(Workflow, models.CASCADE, null=True, related_name="failure_groups")
    # of a workflow: its step
    step = models.CharField(max_length=200, blank=True)
    error_class = models.CharField(max_length=200, blank=True)
    code = models.CharField(max_length=200, blank=True)
    # what the messages have in common, see `normalising`
    pattern = models.CharField(max_length=200, blank=True)
    # of the automation, or of the workflow; empty where nobody knows
    version = models.CharField(max_length=20, blank=True)
    # the newest of its messages
    message = models.TextField(blank=True)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    count = models.PositiveBigIntegerField(default=0, db_default=0)
    status = models.CharField(max_length=10, choices=Status, default=Status.NEW)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="failure_groups"
    )
    muted_until = models.DateTimeField(null=True)
    resolved_at = models.DateTimeField(null=True)
    note = models.CharField(max_length=300, blank=True)
    runbook_url = models.URLField(_("runbook"), max_length=500, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    objects = FolderQuerySet.as_manager()

    class Meta:
        ordering = ["-last_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                name="failure_group_once_per_folder", fields=["folder", "fingerprint"]
            ),
            models.CheckConstraint(
                name="failure_group_has_one_place",
                condition=models.Q(queue__isnull=False, automation=None, workflow=None)
                | models.Q(queue=None, automation__isnull=False, workflow=None)
                | models.Q(queue=None, automation=None, workflow__isnull=False),
            ),
            models.CheckConstraint(
                name="failure_group_muted_until_when",
                condition=models.Q(status="muted", muted_until__isnull=False)
                | ~models.Q(status="muted") & models.Q(muted_until=None),
            ),
            models.CheckConstraint(
                name="failure_group_resolved_when",
                condition=~models.Q(status="resolved") | models.Q(resolved_at__isnull=False),
            ),
        ]
        indexes = [
            # the list: what failed last comes first
            models.Index(name="failure_group_list", fields=["folder", "-last_at", "-id"]),
            # the same failure in other versions
            models.Index(name="failure_group_cause", fields=["folder", "cause"]),
            # whose mute is over
            models.Index(
                name="failure_group_muted",
                fields=["muted_until"],
                condition=models.Q(status="muted"),
            ),
        ]

    def __str__(self) -> str:
        return self.pattern or self.code or str(self.get_kind_display())

    @property
    def place(self) -> Any:
        """The queue, automation or workflow it happens in."""
        return self.queue or self.automation or self.workflow

    @property
    def is_of_items(self) -> bool:
        return self.queue_id is not None


class Ungrouped(models.Model):
    """A failure that has no group yet: deleted by the transaction that gives it one."""

    pk = models.CompositePrimaryKey("source", "source_id", "number")
    source = models.CharField(max_length=10, choices=Source)
    source_id = models.BigIntegerField()
    number = models.PositiveIntegerField(default=0)
    at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "ungrouped"

    def __str__(self) -> str:
        return f"{self.source} {self.source_id}/{self.number}"


class Failure(models.Model):
    """Which group a failure belongs to. Partitioned by month of `at`, the time of its source.

    Its key is that of its source, so that nothing counts twice: the item and the number of the try,
    the run, or the incident.
    """

    pk = models.CompositePrimaryKey("source", "source_id", "number", "at")
    source = models.CharField(max_length=10, choices=Source)
    source_id = models.BigIntegerField()
    number = models.PositiveIntegerField(default=0)
    at = models.DateTimeField()
    group = models.ForeignKey(
        FailureGroup, models.CASCADE, related_name="failures", db_constraint=False, db_index=False
    )
    bot = models.CharField(max_length=150, blank=True)

    class Meta:
        indexes = [models.Index(name="failure_of_group", fields=["group", "-at"])]

    def __str__(self) -> str:
        return f"{self.source} {self.source_id}/{self.number}"


class MinuteFailures(models.Model):
    """How many failures of a group there were in a minute: what trends are drawn from."""

    pk = models.CompositePrimaryKey("group", "minute")
    group = models.ForeignKey(
        FailureGroup, models.CASCADE, related_name="minutes", db_constraint=False, db_index=False
    )
    minute = models.DateTimeField()
    n = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name_plural = "minute failures"

    def __str__(self) -> str:
        return f"{self.group_id} {self.minute:%H:%M} {self.n}"


class BotFailures(models.Model):
    """How many failures of a group a bot had."""

    pk = models.CompositePrimaryKey("group", "bot")
    group = models.ForeignKey(
        FailureGroup, models.CASCADE, related_name="bots", db_constraint=False, db_index=False
    )
    bot = models.CharField(max_length=150)
    n = models.PositiveBigIntegerField(default=0)
    last_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "bot failures"

    def __str__(self) -> str:
        return f"{self.group_id} {self.bot} {self.n}"


class BusinessRule(models.Model):
    """In this queue, failures of this cause are data problems from now on, whatever bots say."""

    queue = models.ForeignKey(WorkQueue, models.CASCADE, related_name="business_rules")
    cause = models.CharField(max_length=32)
    # of the group it was made from, so that people know it again
    pattern = models.CharField(max_length=200, blank=True)
    made_by = models.CharField(max_length=150)
    made_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(name="business_rule_once", fields=["queue", "cause"])
        ]

    def __str__(self) -> str:
        return self.pattern


class GroupRetry(models.Model):
    """Retry of all that a group holds: one item first, the rest when that went well."""

    class Status(models.TextChoices):
        TRYING = "trying", _("One is tried")  # until a try of `item_id` from `number` on ends
        REST = "rest", _("The rest is retried")  # `operation` does it; until all of it has ended
        CLEARED = "cleared", _("All went well")  # final: the group is resolved
        LEFT = "left", _("Some failed again")  # final
        STOPPED = "stopped", _("The one failed again")  # final: the rest was left as it was
        CANCELLED = "cancelled", _("Cancelled")  # final: by a person

    UNFINISHED = (Status.TRYING, Status.REST)

    group = models.ForeignKey(FailureGroup, models.CASCADE, related_name="retries")
    item_id = models.BigIntegerField()
    # the first try of the item that counts
    number = models.PositiveIntegerField()
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(max_length=150)
    actor_kind = models.CharField(max_length=10, default="person")
    asked_at = models.DateTimeField(db_default=Now())
    status = models.CharField(max_length=10, choices=Status, default=Status.TRYING)
    ended_at = models.DateTimeField(null=True)
    operation = models.ForeignKey(Operation, models.SET_NULL, null=True, related_name="+")
    message = models.TextField(blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                name="group_retry_one_at_a_time",
                fields=["group"],
                condition=models.Q(status__in=["trying", "rest"]),
            ),
            models.CheckConstraint(
                name="group_retry_ended_has_time",
                condition=models.Q(status__in=["trying", "rest"], ended_at=None)
                | ~models.Q(status__in=["trying", "rest"]) & models.Q(ended_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.item_id} of {self.group_id}: {self.status}"
