"""What bots can run: automations, their versions, and canaries that try a new one."""

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Folder
from apps.accounts.permissions import FolderQuerySet
from apps.lib.keys import KeyColumn
from apps.limits.models import Application, Limit

from .fleet import MAX_CAPABILITY, BotPool

MAX_PRIORITY = 100
USUAL_PRIORITY = 50


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
    # what a bot must be able to do to run it
    required_capabilities = ArrayField(
        models.CharField(max_length=MAX_CAPABILITY), default=list, blank=True
    )
    # who gets the next free slot: higher first, and those that wait rise
    priority = models.PositiveSmallIntegerField(
        _("priority"), default=USUAL_PRIORITY, validators=[MaxValueValidator(MAX_PRIORITY)]
    )
    # what binds runs of the kind `run`; items are bound through their queue
    applications = models.ManyToManyField(
        Application, blank=True, related_name="automations", verbose_name=_("applications")
    )
    limits = models.ManyToManyField(
        Limit, blank=True, related_name="automations", verbose_name=_("limits")
    )
    # the version that runs; None: the newest. Set from the first canary on, by lifecycle alone
    released_version = models.ForeignKey(
        "AutomationVersion", models.PROTECT, null=True, editable=False, related_name="+"
    )
    # how long one item (or one run) usually takes: a slow moving average, kept by finish_run
    usual_seconds = models.FloatField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    objects = FolderQuerySet.as_manager()

    class Meta:
        ordering = ["title"]
        constraints = [
            models.UniqueConstraint(
                name="automation_key_once_per_folder", fields=["folder", "key"]
            ),
            models.CheckConstraint(
                name="automation_priority_is_a_share",
                condition=models.Q(priority__lte=MAX_PRIORITY),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def current_version(self) -> "AutomationVersion | None":
        """The version that runs; a canary that is tried beside it is not."""
        return self.released_version or self.versions.order_by("-number").first()


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


class Canary(models.Model):
    """A new version that takes a share of the runs until it is known to be as good, or worse."""

    class Outcome(models.TextChoices):
        TRIED = "tried", _("Being tried")
        PROMOTED = "promoted", _("Taken over")  # it is the version that runs, now
        ROLLED_BACK = "rolled_back", _("Rolled back")  # by itself: it failed more often
        STOPPED = "stopped", _("Stopped")  # by a person

    automation = models.ForeignKey(Automation, models.CASCADE, related_name="canaries")
    version = models.ForeignKey(AutomationVersion, models.PROTECT, related_name="canaries")
    # what it is compared with
    released = models.ForeignKey(AutomationVersion, models.PROTECT, related_name="+")
    share = models.FloatField(_("share of the runs"), default=0.1)
    # it takes over by itself after that many good ones; None: a person decides
    promote_after = models.PositiveIntegerField(_("take over after"), null=True, blank=True)
    outcome = models.CharField(max_length=12, choices=Outcome, default=Outcome.TRIED)
    reason = models.CharField(max_length=500, blank=True)
    by = models.CharField(max_length=150, blank=True)
    # how many of its tries were known when it was judged last: looked at again once there are more
    n_judged = models.PositiveIntegerField(default=0)
    # tries of runs that ended before that moment are summed up: they need not be read again
    counted_until = models.DateTimeField(null=True)
    n_tried = models.PositiveIntegerField(default=0)
    n_tried_failed = models.PositiveIntegerField(default=0)
    n_released = models.PositiveIntegerField(default=0)
    n_released_failed = models.PositiveIntegerField(default=0)
    began_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=150, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                name="canary_one_at_a_time",
                fields=["automation"],
                condition=models.Q(outcome="tried"),
            ),
            models.CheckConstraint(
                name="canary_share_is_a_part",
                condition=models.Q(share__gt=0, share__lte=0.9),
            ),
            models.CheckConstraint(
                name="canary_ended_has_time",
                condition=models.Q(outcome="tried", ended_at=None)
                | (~models.Q(outcome="tried") & models.Q(ended_at__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.version} ({self.share:.0%})"
