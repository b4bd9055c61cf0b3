"""Queues and their rules, and the runs that drain them."""

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Folder
from apps.accounts.permissions import FolderQuerySet
from apps.bots.models import MAX_CAPABILITY, Automation, Run
from apps.lib.keys import KeyColumn
from apps.limits.models import Application, Limit

MAX_CAPABILITIES = 20
MAX_SHARE = 100


class WorkQueue(models.Model):
    """Work of one kind, with its rules: retries, deadlines, who decides, who works it."""

    class UniqueReference(models.TextChoices):
        OFF = "off", _("References may repeat")
        REJECT = "reject", _("Refuse an item whose reference is known")
        IGNORE = "ignore", _("Answer with the item that is already there")
        UPDATE = "update", _("Change the item that is already there, while it waits")

    class Backoff(models.TextChoices):
        FIXED = "fixed", _("Always the same delay")
        EXPONENTIAL = "exponential", _("Twice as long each time")

    class WhenStuck(models.TextChoices):
        INBOX = "inbox", _("Ask a person")
        FAIL = "fail", _("Fail the item")

    folder = models.ForeignKey(Folder, models.PROTECT, related_name="queues")
    key = KeyColumn(_("key"), max_length=100)
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
    # what its items are worked in: whatever holds one of these back holds back the queue
    applications = models.ManyToManyField(
        Application, verbose_name=_("applications"), blank=True, related_name="queues"
    )
    # beside those of its applications
    limits = models.ManyToManyField(
        Limit, verbose_name=_("limits"), blank=True, related_name="queues"
    )
    # only bots that have all of these get its items
    required_capabilities = ArrayField(
        models.CharField(max_length=MAX_CAPABILITY),
        verbose_name=_("needs a bot with"),
        default=list,
        blank=True,
        size=MAX_CAPABILITIES,
    )
    # weight among the queues that want the slots of a pool
    share = models.PositiveSmallIntegerField(
        _("share of the bots"),
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(MAX_SHARE)],
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
    # how sure AI must be about what the automation returns
    gate = models.ForeignKey(
        "queues.Gate",
        models.SET_NULL,
        verbose_name=_("gate"),
        null=True,
        blank=True,
        related_name="queues",
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
            models.CheckConstraint(
                name="work_queue_has_a_share",
                condition=models.Q(share__gte=1, share__lte=MAX_SHARE),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_paused(self) -> bool:
        return self.paused_at is not None


class QueueRun(models.Model):
    """A run that drains a queue."""

    run = models.OneToOneField(Run, models.CASCADE, primary_key=True, related_name="queue_run")
    queue = models.ForeignKey(WorkQueue, models.CASCADE, related_name="queue_runs")

    def __str__(self) -> str:
        return f"{self.run} of {self.queue}"
