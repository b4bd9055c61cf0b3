"""The workforce: pools, bots, their slots, and times when they are serviced."""

from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Folder
from apps.accounts.permissions import FolderQuerySet
from apps.lib.keys import KeyColumn

# A slot beats every second; a bot silent for longer than this is shown as not answering
ANSWER_SECONDS = 15
MAX_CAPABILITY = 60
MAX_POOL_SLOTS = 10_000


class Seconds(models.Func):
    """That many seconds as an interval, reckoned by the database."""

    template = "make_interval(secs => %(expressions)s)"
    output_field = models.DurationField()


class BotPool(models.Model):
    """A group of bots that shares work."""

    folder = models.ForeignKey(Folder, models.PROTECT, related_name="bot_pools")
    key = KeyColumn(_("key"), max_length=60)
    title = models.CharField(_("title"), max_length=120)
    # between these the wanted number of slots is published; no most: as many as there is work for
    min_slots = models.PositiveSmallIntegerField(
        _("slots at least"), default=0, validators=[MaxValueValidator(MAX_POOL_SLOTS)]
    )
    max_slots = models.PositiveSmallIntegerField(
        _("slots at most"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(MAX_POOL_SLOTS)],
    )
    scale_down_seconds = models.PositiveIntegerField(
        _("fewer only after, in seconds"),
        default=300,
        validators=[MaxValueValidator(86_400)],
    )
    # what was published last; fewer are wanted once demand was lower for all of scale_down_seconds,
    # and then as many as it asked for at most in that time. Written by lifecycle alone
    wanted_slots = models.PositiveIntegerField(default=0, editable=False)
    calm_since = models.DateTimeField(null=True, editable=False)
    calm_peak = models.PositiveIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(db_default=Now())

    objects = FolderQuerySet.as_manager()

    class Meta:
        ordering = ["title"]
        constraints = [
            models.UniqueConstraint(name="bot_pool_key_once_per_folder", fields=["folder", "key"]),
            models.CheckConstraint(
                name="bot_pool_least_is_below_most",
                condition=models.Q(max_slots=None) | models.Q(max_slots__gte=models.F("min_slots")),
            ),
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
    # what it can do, in words of the house: declared when it starts, or set by people
    capabilities = ArrayField(models.CharField(max_length=MAX_CAPABILITY), default=list, blank=True)
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


class MaintenanceQuerySet(FolderQuerySet):
    def now_on(self) -> Self:
        return self.filter(ended_at=None, starts_at__lte=Now(), ends_at__gt=Now())

    def to_come(self) -> Self:
        return self.filter(ended_at=None, starts_at__gt=Now())


class Maintenance(models.Model):
    """A time in which a bot, or a whole pool, takes no work. Ends by itself."""

    class Strategy(models.TextChoices):
        """What becomes of the runs that are at work when it begins."""

        DRAIN = "drain", _("Finish what is in hand")  # an item, or a whole single run
        STOP = "stop", _("Ask to stop")  # single runs are asked to stop, too
        KILL = "kill", _("Stop, then kill")  # and killed after their grace time

    folder = models.ForeignKey(Folder, models.PROTECT, related_name="maintenances")
    # one of the two
    bot = models.ForeignKey(Bot, models.CASCADE, null=True, related_name="maintenances")
    pool = models.ForeignKey(BotPool, models.CASCADE, null=True, related_name="maintenances")
    strategy = models.CharField(max_length=10, choices=Strategy, default=Strategy.DRAIN)
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    by = models.CharField(max_length=150, blank=True)
    # written by lifecycle: what was at work was told; it is over, or a person ended it
    began_at = models.DateTimeField(null=True, editable=False)
    ended_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(db_default=Now())

    objects = MaintenanceQuerySet.as_manager()

    class Meta:
        ordering = ["starts_at", "id"]
        indexes = [
            # looked at by each claim: few rows are not over
            models.Index(
                name="maintenance_not_over",
                fields=["starts_at"],
                condition=models.Q(ended_at=None),
            )
        ]
        constraints = [
            models.CheckConstraint(
                name="maintenance_of_a_bot_or_a_pool",
                condition=models.Q(bot__isnull=False, pool__isnull=True)
                | models.Q(bot__isnull=True, pool__isnull=False),
            ),
            models.CheckConstraint(
                name="maintenance_ends_after_it_starts",
                condition=models.Q(ends_at__gt=models.F("starts_at")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.bot or self.pool} {self.starts_at:%Y-%m-%d %H:%M}"
