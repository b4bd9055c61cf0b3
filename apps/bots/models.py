"""The workforce: pools, bots and their slots; what they run; each run and its log."""

from typing import Self

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Coalesce, Greatest, Now
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Folder
from apps.accounts.permissions import FolderQuerySet
from apps.lib.keys import KeyColumn
from apps.lib.partitions import NextValue

# A slot beats every second; a bot silent for longer than this is shown as not answering
ANSWER_SECONDS = 15
# A run is shown as hung after this many times its usual time without progress, at least 30 s
HUNG_FACTOR = 3.0
HUNG_AT_LEAST_SECONDS = 30.0


class Seconds(models.Func):
    """That many seconds as an interval, reckoned by the database."""

    template = "make_interval(secs => %(expressions)s)"
    output_field = models.DurationField()


class BotPool(models.Model):
    """A group of bots that shares work."""

    folder = models.ForeignKey(Folder, models.PROTECT, related_name="bot_pools")
    key = KeyColumn(_("key"), max_length=60)
    title = models.CharField(_("title"), max_length=120)
    created_at = models.DateTimeField(db_default=Now())

    objects = FolderQuerySet.as_manager()

    class Meta:
        ordering = ["title"]
        constraints = [
            models.UniqueConstraint(name="bot_pool_key_once_per_folder", fields=["folder", "key"])
        ]

    def __str__(self) -> str:
        return self.title


class BotQuerySet(FolderQuerySet):
    def with_presence(self) -> Self:
        """Annotate `answers`: whether a slot of the bot was heard of lately."""
        fresh = models.Q(heartbeat_at__gte=Now() - Seconds(models.Value(float(ANSWER_SECONDS))))
        found: Self = self.annotate(
            answers=models.Case(models.When(fresh, then=True), default=False)
        )
        return found


class Bot(models.Model):
    """A software robot on a machine, with one or more slots that each work one run at a time."""

    class Standing(models.TextChoices):
        """What people want of it; whether it answers is derived from its heartbeat."""

        ENABLED = "enabled", _("Enabled")  # takes work
        DRAINING = "draining", _("Finish, then stop")  # ends what it has, takes nothing new
        DISABLED = "disabled", _("Disabled")  # may not work

    folder = models.ForeignKey(Folder, models.PROTECT, related_name="bots")
    pool = models.ForeignKey(BotPool, models.PROTECT, related_name="bots")
    name = models.CharField(_("name"), max_length=100)
    standing = models.CharField(max_length=10, choices=Standing, default=Standing.ENABLED)
    n_slots = models.PositiveSmallIntegerField(_("slots"), default=1)
    host = models.CharField(max_length=200, blank=True)
    version = models.CharField(max_length=40, blank=True)
    capabilities = models.JSONField(default=list, blank=True)
    heartbeat_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    objects = BotQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(name="bot_name_once_per_folder", fields=["folder", "name"])
        ]

    def __str__(self) -> str:
        return self.name


class BotSlot(models.Model):
    """One place on a bot where a run can work: one operating-system process."""

    bot = models.ForeignKey(Bot, models.CASCADE, related_name="slots")
    number = models.PositiveSmallIntegerField()
    pid = models.PositiveIntegerField(null=True)
    heartbeat_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["bot", "number"]
        constraints = [models.UniqueConstraint(name="bot_slot_once", fields=["bot", "number"])]

    def __str__(self) -> str:
        return f"{self.bot} / {self.number}"


class Automation(models.Model):
    """Something a bot can run; for now a Python function registered by name (trusted code)."""

    class Kind(models.TextChoices):
        ITEM = "item", _("Works the items of a queue")
        RUN = "run", _("Runs once")

    folder = models.ForeignKey(Folder, models.PROTECT, related_name="automations")
    key = KeyColumn(_("key"), max_length=100)
    title = models.CharField(_("title"), max_length=150)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.ITEM)
    function = models.CharField(_("function"), max_length=200)
    pool = models.ForeignKey(BotPool, models.PROTECT, related_name="automations")
    max_run_seconds = models.PositiveIntegerField(
        _("longest run, in seconds"), default=3600, validators=[MinValueValidator(1)]
    )
    max_item_seconds = models.PositiveIntegerField(
        _("longest work on one item, in seconds"), default=600, validators=[MinValueValidator(1)]
    )
    grace_seconds = models.PositiveSmallIntegerField(
        _("time to stop by itself before it is killed, in seconds"),
        default=10,
        validators=[MaxValueValidator(600)],
    )
    # how long one item (or one run) usually takes: a slow moving average, kept by finish_run
    usual_seconds = models.FloatField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    objects = FolderQuerySet.as_manager()

    class Meta:
        ordering = ["title"]
        constraints = [
            models.UniqueConstraint(name="automation_key_once_per_folder", fields=["folder", "key"])
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def current_version(self) -> "AutomationVersion | None":
        return self.versions.order_by("-number").first()


class AutomationVersion(models.Model):
    """An automation as it was when released; runs keep pointing at theirs. Immutable."""

    automation = models.ForeignKey(Automation, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    function = models.CharField(max_length=200)
    fingerprint = models.CharField(max_length=64)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(
                name="automation_version_number_once", fields=["automation", "number"]
            )
        ]

    def __str__(self) -> str:
        return f"{self.automation} v{self.number}"


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
    n_successful = models.PositiveIntegerField(default=0)
    n_failed = models.PositiveIntegerField(default=0)
    started_because = models.CharField(max_length=200, blank=True)
    # what asked for it (a queue, say); slots are shared out among sources, not among runs
    source = models.CharField(max_length=60, blank=True)

    objects = RunQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(
                name="run_active",
                fields=["pool", "id"],
                condition=models.Q(status__in=["pending", "running", "stopping"]),
            ),
            models.Index(name="run_by_folder", fields=["folder", "-id"]),
            models.Index(name="run_by_bot", fields=["bot", "-id"]),
            # who waited longest for a slot, asked at each claim
            models.Index(name="run_by_source", fields=["pool", "source", "-ended_at"]),
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
        ]

    def __str__(self) -> str:
        return f"Run {self.pk}"

    @property
    def is_final(self) -> bool:
        return self.status not in self.ACTIVE


class LogLine(models.Model):
    """A line that a run or a lease holder said. Partitioned by month of `at`."""

    class Level(models.TextChoices):
        DEBUG = "debug"
        INFO = "info"
        WARNING = "warning"
        ERROR = "error"

    pk = models.CompositePrimaryKey("id", "at")
    id = models.BigIntegerField(db_default=NextValue(sequence="bots_logline_id_seq"))
    at = models.DateTimeField(db_default=Now())
    run_id = models.BigIntegerField(null=True)
    item_id = models.BigIntegerField(null=True)
    attempt = models.PositiveIntegerField(null=True)
    level = models.CharField(max_length=10, choices=Level, default=Level.INFO)
    message = models.TextField()

    class Meta:
        indexes = [
            models.Index(name="log_line_run", fields=["run_id", "id"]),
            models.Index(name="log_line_item", fields=["item_id", "id"]),
        ]

    def __str__(self) -> str:
        return self.message
