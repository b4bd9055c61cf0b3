"""Runs of automations by bots."""

from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Coalesce, Greatest, Now
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Folder
from apps.accounts.permissions import FolderQuerySet

from .automations import MAX_PRIORITY, USUAL_PRIORITY, Automation, AutomationVersion
from .fleet import MAX_CAPABILITY, Bot, BotPool, Seconds

# A run is shown as hung after this many times its usual time without progress, at least 30 s
HUNG_FACTOR = 3.0
HUNG_AT_LEAST_SECONDS = 30.0


class RunQuerySet(FolderQuerySet):
    def active(self) -> Self:
        return self.filter(status__in=Run.ACTIVE)

    def with_hung(self) -> Self:
        """Annotate `is_hung`: at work, but no progress for 3 times the usual time (at least 30 s).

        What was never measured is given its time limit instead.
        """
        automation = models.F("version__automation__max_item_seconds")
        limit = models.F("version__automation__max_run_seconds")
        unmeasured = models.Case(
            models.When(version__automation__kind=Automation.Kind.ITEM, then=automation),
            default=limit,
            output_field=models.FloatField(),
        )
        patience = Greatest(
            Coalesce(models.F("version__automation__usual_seconds") * HUNG_FACTOR, unmeasured),
            models.Value(HUNG_AT_LEAST_SECONDS),
            output_field=models.FloatField(),
        )
        silent = models.Q(status__in=Run.HELD, progress_at__lt=Now() - Seconds(patience))
        found: Self = self.annotate(
            is_hung=models.Case(models.When(silent, then=True), default=False)
        )
        return found


class Run(models.Model):
    """One run of an automation version by a bot. Only bots/lifecycle.py writes `status`."""

    class Status(models.TextChoices):
        PENDING = "pending", _("Waiting")  # waits for a free slot
        RUNNING = "running", _("Running")  # a slot works on it
        STOPPING = "stopping", _("Stopping")  # asked to stop, or being killed
        SUCCESSFUL = "successful", _("Done")  # final
        FAULTED = "faulted", _("Failed")  # final: the automation itself broke
        STOPPED = "stopped", _("Stopped")  # final: by a person, or by its time limit
        LOST = "lost", _("Bot stopped answering")  # final: its slot died or fell silent

    ACTIVE = (Status.PENDING, Status.RUNNING, Status.STOPPING)
    HELD = (Status.RUNNING, Status.STOPPING)

    folder = models.ForeignKey(Folder, models.PROTECT, related_name="runs")
    version = models.ForeignKey(AutomationVersion, models.PROTECT, related_name="runs")
    pool = models.ForeignKey(BotPool, models.PROTECT, related_name="runs")
    bot = models.ForeignKey(Bot, models.SET_NULL, null=True, related_name="runs")
    slot_number = models.PositiveSmallIntegerField(null=True)
    status = models.CharField(max_length=12, choices=Status, default=Status.PENDING)
    # fencing token: whoever writes must hold it
    token = models.UUIDField(null=True)
    input = models.JSONField(default=dict)
    output = models.JSONField(null=True)
    created_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    heartbeat_at = models.DateTimeField(null=True)  # the slot process is alive
    progress_at = models.DateTimeField(null=True)  # the automation itself got further
    stop_requested_at = models.DateTimeField(null=True)
    kill_requested_at = models.DateTimeField(null=True)
    stop_requested_by = models.CharField(max_length=150, blank=True)
    exit_reason = models.TextField(blank=True)
    # it failed since its data were wrong: that says nothing about the application
    is_data_fault = models.BooleanField(default=False)
    n_successful = models.PositiveIntegerField(default=0)
    n_failed = models.PositiveIntegerField(default=0)
    started_because = models.CharField(max_length=200, blank=True)
    # what asked for it (a queue, say); slots are shared out among sources, not among runs
    source = models.CharField(max_length=60, blank=True)
    # how many slots the source is due, compared with others: 2 is twice as many as 1
    share = models.PositiveSmallIntegerField(default=1)
    # who comes first when a slot is free, 0 to 100; a source without a slot rises as it waits
    priority = models.PositiveSmallIntegerField(default=USUAL_PRIORITY)
    # the order of the runs of one source: when it was made, less what its priority is worth
    rank_at = models.DateTimeField(db_default=Now())
    # which bots may take it: those that can do all of this, or this one alone
    required_capabilities = ArrayField(models.CharField(max_length=MAX_CAPABILITY), default=list)
    pinned_bot = models.ForeignKey(Bot, models.PROTECT, null=True, related_name="pinned_runs")

    objects = RunQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(
                name="run_active",
                fields=["pool", "id"],
                condition=models.Q(status__in=["pending", "running", "stopping"]),
            ),
            # the kinds of runs that wait (of one source, version and need), and the first of each
            models.Index(
                "pool",
                "source",
                "version",
                Coalesce("pinned_bot", 0),
                models.Func("required_capabilities", 0, function="hash_array_extended"),
                "rank_at",
                "id",
                name="run_waiting",
                condition=models.Q(status="pending"),
            ),
            models.Index(name="run_by_folder", fields=["folder", "-id"]),
            models.Index(name="run_by_bot", fields=["bot", "-id"]),
            # how many a bot had today
            models.Index(name="run_of_bot_made", fields=["bot", "created_at"]),
            # how tries of a version, and so of an application, went lately
            models.Index(name="run_by_version", fields=["version", "-ended_at"]),
            # the last of an automation that did not go well: few among many
            models.Index(
                name="run_failed",
                fields=["version", "-ended_at"],
                condition=models.Q(status__in=["faulted", "stopped", "lost"]),
            ),
            # who waited longest for a slot, asked at each claim
            models.Index(
                name="run_by_source",
                fields=["pool", "source", "-ended_at"],
                condition=models.Q(ended_at__isnull=False),
            ),
            # who has which slots: as many rows as there are slots
            models.Index(
                name="run_held",
                fields=["pool", "source"],
                condition=models.Q(status__in=["running", "stopping"]),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                name="run_held_has_token",
                condition=~models.Q(status__in=["running", "stopping"])
                | models.Q(token__isnull=False),
            ),
            models.CheckConstraint(
                name="run_ended_has_time",
                condition=models.Q(status__in=["pending", "running", "stopping"])
                | models.Q(ended_at__isnull=False),
            ),
            models.CheckConstraint(
                name="run_share_and_priority_make_sense",
                condition=models.Q(share__gte=1, share__lte=100, priority__lte=MAX_PRIORITY),
            ),
        ]

    def __str__(self) -> str:
        return f"Run {self.pk}"

    @property
    def is_final(self) -> bool:
        return self.status not in self.ACTIVE
