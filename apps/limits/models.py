"""What keeps work from starting: applications that fail, limits, freezes, emergency stops."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Folder
from apps.accounts.permissions import FolderQuerySet
from apps.lib.keys import KeyColumn

MAX_SECONDS = 86_400
MAX_SIZE = 100_000
MAX_CALLS = 100_000


class Application(models.Model):
    """A program that bots work in, such as the ERP. Only `lifecycle` writes where it stands."""

    class State(models.TextChoices):
        """The breaker. From `probe_at` on `open` acts as `probing`, though nobody wrote it."""

        CLOSED = "closed", _("Answers")  # work starts; too many failures open it
        OPEN = "open", _("Resting")  # nothing starts until `probe_at`
        PROBING = "probing", _("Being tried")  # one item at a time: it closes, or opens again

    folder = models.ForeignKey(Folder, models.PROTECT, related_name="applications")
    key = KeyColumn(_("key"), max_length=60)
    title = models.CharField(_("title"), max_length=120)
    description = models.TextField(_("description"), max_length=1000, blank=True, default="")
    # what to do when it fails, written for people
    runbook_url = models.URLField(_("runbook"), max_length=500, blank=True, default="")
    # the breaker as people set it; what is off neither opens nor closes
    breaker_on = models.BooleanField(_("stop work when it fails"), default=True)
    failure_share = models.FloatField(
        _("share of failures"),
        default=0.5,
        validators=[MinValueValidator(0.01), MaxValueValidator(1)],
    )
    min_calls = models.PositiveIntegerField(
        _("tries at least"),
        default=10,
        validators=[MinValueValidator(1), MaxValueValidator(MAX_CALLS)],
    )
    window_seconds = models.PositiveIntegerField(
        _("within seconds"),
        default=300,
        validators=[MinValueValidator(10), MaxValueValidator(MAX_SECONDS)],
    )
    open_seconds = models.PositiveIntegerField(
        _("rest for seconds"),
        default=60,
        validators=[MinValueValidator(1), MaxValueValidator(3_600)],
    )
    probes = models.PositiveSmallIntegerField(
        _("good tries to go on"),
        default=3,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
    )
    # where it stands; written by lifecycle alone
    state = models.CharField(max_length=10, choices=State, default=State.CLOSED, editable=False)
    opened_at = models.DateTimeField(null=True, editable=False)
    # from then on one item at a time may try; None when closed
    probe_at = models.DateTimeField(null=True, editable=False)
    # how often in a row it opened without closing between: each rest is twice the one before
    times_opened = models.PositiveIntegerField(default=0, editable=False)
    # why it is open, for people
    reason = models.CharField(max_length=300, blank=True, default="", editable=False)
    # what failed before does not count any more: it closed then, or a person reset it
    counts_from = models.DateTimeField(null=True, editable=False)
    # a hold by a person: none when `held_at` is None; without `held_until` until it is released
    held_at = models.DateTimeField(null=True, editable=False)
    held_until = models.DateTimeField(null=True, editable=False)
    held_reason = models.CharField(max_length=300, blank=True, default="", editable=False)
    held_by = models.CharField(max_length=150, blank=True, default="", editable=False)
    # counts people's edits; what a page showed must still hold when it is sent back
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(db_default=Now())

    objects = FolderQuerySet.as_manager()

    class Meta:
        ordering = ["title", "id"]
        indexes = [
            # looked at each second: those that are not closed, and holds that end
            models.Index(
                name="application_not_closed",
                fields=["probe_at"],
                condition=~models.Q(state="closed"),
            ),
            models.Index(
                name="application_held_until",
                fields=["held_until"],
                condition=models.Q(held_until__isnull=False),
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                name="application_key_once_per_folder", fields=["folder", "key"]
            ),
            models.CheckConstraint(
                name="application_not_closed_has_times",
                condition=models.Q(state="closed", opened_at=None, probe_at=None)
                | (
                    ~models.Q(state="closed")
                    & models.Q(opened_at__isnull=False, probe_at__isnull=False)
                ),
            ),
            models.CheckConstraint(
                name="application_hold_has_a_beginning",
                condition=models.Q(held_at__isnull=False)
                | models.Q(held_until=None, held_reason="", held_by=""),
            ),
            models.CheckConstraint(
                name="application_breaker_makes_sense",
                condition=models.Q(
                    failure_share__gt=0,
                    failure_share__lte=1,
                    min_calls__gte=1,
                    window_seconds__gte=10,
                    open_seconds__gte=1,
                    probes__gte=1,
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.title


class Limit(models.Model):
    """How much may happen at the same time, or how often. Seats are counted, never handed out."""

    class Kind(models.TextChoices):
        SEATS = "seats", _("At the same time")  # at most `size` at work at a time
        RATE = "rate", _("Per time")  # at most `size` starts per `per_seconds`

    folder = models.ForeignKey(Folder, models.PROTECT, related_name="limits")
    key = KeyColumn(_("key"), max_length=60)
    title = models.CharField(_("title"), max_length=120)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.SEATS)
    # all work that uses the application is bound by it, too
    application = models.ForeignKey(
        Application, models.CASCADE, null=True, blank=True, related_name="limits"
    )
    size = models.PositiveIntegerField(
        _("at most"), default=1, validators=[MinValueValidator(1), MaxValueValidator(MAX_SIZE)]
    )
    # of a rate: in which time; None of seats
    per_seconds = models.PositiveIntegerField(
        _("per seconds"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(MAX_SECONDS)],
    )
    # of a rate: how many may start at once after a rest; 1: evenly spread
    burst = models.PositiveIntegerField(
        _("at once"), default=1, validators=[MinValueValidator(1), MaxValueValidator(MAX_SIZE)]
    )
    # key of the asset whose sessions it counts; tells people, binds nothing
    asset = models.CharField(_("sessions of"), max_length=100, blank=True, default="")
    # of a rate: when the next start was due if all were evenly spread (GCRA); written by who
    # starts something, under the limit's lock. None: nothing has started yet
    theoretical_at = models.DateTimeField(null=True, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(db_default=Now())

    objects = FolderQuerySet.as_manager()

    class Meta:
        ordering = ["title", "id"]
        constraints = [
            models.UniqueConstraint(name="limit_key_once_per_folder", fields=["folder", "key"]),
            models.CheckConstraint(
                name="limit_rate_has_a_time",
                condition=models.Q(kind="rate", per_seconds__gte=1)
                | models.Q(kind="seats", per_seconds=None, theoretical_at=None),
            ),
            models.CheckConstraint(
                name="limit_lets_something_through",
                condition=models.Q(size__gte=1, burst__gte=1, burst__lte=models.F("size")),
            ),
        ]

    def __str__(self) -> str:
        return self.title


class Freeze(models.Model):
    """A time in which nothing new starts; what is at work goes on."""

    class Repeats(models.TextChoices):
        NONE = "none", _("Once")
        DAILY = "daily", _("Every day")
        WEEKLY = "weekly", _("Every week")

    folder = models.ForeignKey(Folder, models.PROTECT, related_name="freezes")
    title = models.CharField(_("title"), max_length=120)
    reason = models.CharField(_("reason"), max_length=300, blank=True, default="")
    # what it is about; none: all work of the folder
    applications = models.ManyToManyField(Application, blank=True, related_name="freezes")
    # of one that repeats: the time that is now, or the next one
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    repeats = models.CharField(_("repeats"), max_length=10, choices=Repeats, default=Repeats.NONE)
    # where the clock hangs that repeated ones are read from
    zone = models.CharField(_("time zone"), max_length=64, default="UTC")
    # as it was entered: repeated times are counted from here, so that a change of the clocks
    # moves one of them only
    first_starts_at = models.DateTimeField(editable=False)
    first_ends_at = models.DateTimeField(editable=False)
    by = models.CharField(max_length=150, blank=True, default="", editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(db_default=Now())

    objects = FolderQuerySet.as_manager()

    class Meta:
        ordering = ["starts_at", "id"]
        indexes = [
            # those of a folder that are not over
            models.Index(name="freeze_of_folder", fields=["folder", "ends_at"]),
            # those that move on
            models.Index(
                name="freeze_repeats_until",
                fields=["ends_at"],
                condition=~models.Q(repeats="none"),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                name="freeze_ends_after_it_starts",
                condition=models.Q(ends_at__gt=models.F("starts_at")),
            )
        ]

    def __str__(self) -> str:
        return self.title


class FolderStop(models.Model):
    """The emergency stop: while the row is there, nothing of the folder starts."""

    folder = models.OneToOneField(Folder, models.CASCADE, related_name="stop")
    reason = models.CharField(_("reason"), max_length=300)
    # whether runs that were at work were asked to stop, too
    stops_runs = models.BooleanField(_("stop what is at work, too"), default=False)
    by = models.CharField(max_length=150, blank=True, default="", editable=False)
    at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"{self.folder_id} since {self.at:%Y-%m-%d %H:%M}"
