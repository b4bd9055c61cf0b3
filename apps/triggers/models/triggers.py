"""Triggers, what people said about them, and pauses of all triggers of a folder."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Folder
from apps.accounts.permissions import FolderQuerySet
from apps.calendars.models import Calendar
from apps.lib.keys import KeyColumn

MAX_CATCH_UP = 100


class Trigger(models.Model):
    """What starts a workflow, a run or items by itself. Only `lifecycle` writes it."""

    class Kind(models.TextChoices):
        """What makes it start something."""

        TIME = "time", _("Time")  # its times have come
        QUEUE = "queue", _("Queue")  # items wait in a queue
        STATE = "state", _("State")  # what it says about queues, values and ends has become true
        EVENT = "event", _("Event")  # a call, a file, a mail, or something that happened here
        EXPECTED = "expected", _("Expected")  # what should be there by its times is not

    class Overlap(models.TextChoices):
        """What to do when the time has come and what it started last is still under way."""

        ALLOW = "allow", _("Start beside it")
        SKIP = "skip", _("Leave this start out")
        QUEUE_ONE = "queue_one", _("Let one start wait until it is over")
        CANCEL_PREVIOUS = "cancel_previous", _("Cancel it, then start")

    class Missed(models.TextChoices):
        """What to do about times at which no scheduler was there."""

        DROP = "drop", _("Leave them out")
        RUN_ONCE = "run_once", _("Make up for all of them by one start")
        RUN_ALL = "run_all", _("Make up for each, up to a number")

    class OnClosed(models.TextChoices):
        """What to do with a time on a day on which the calendar is closed."""

        IGNORE = "ignore", _("Start all the same")
        SKIP = "skip", _("Leave it out")
        NEXT = "next", _("Start on the next working day")
        PREVIOUS = "previous", _("Start on the working day before")

    class Status(models.TextChoices):
        ENABLED = "enabled", _("On")  # starts work at its times
        PAUSED = "paused", _("Paused")  # by a person, until `paused_until` or a person resumes it
        AUTO_DISABLED = "auto_disabled", _("Switched off")  # after failures; a person resumes it
        ENDED = "ended", _("Over")  # no time is left; a new rule begins it again

    # those that have times; the others start when they see something
    TIMED = (Kind.TIME, Kind.EXPECTED)

    folder = models.ForeignKey(Folder, models.PROTECT, related_name="triggers")
    key = KeyColumn(_("key"), max_length=100)
    title = models.CharField(_("title"), max_length=150)
    description = models.TextField(_("description"), blank=True)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.TIME)
    # what people say about when, and what it starts: see docs/triggers.md
    rule = models.JSONField(_("when"), default=dict)
    target = models.JSONField(_("starts"), default=dict)
    overlap = models.CharField(
        _("if the last one is still under way"),
        max_length=16,
        choices=Overlap,
        default=Overlap.SKIP,
    )
    missed = models.CharField(
        _("missed times"), max_length=10, choices=Missed, default=Missed.RUN_ONCE
    )
    max_catch_up = models.PositiveSmallIntegerField(
        _("make up for at most"),
        default=10,
        validators=[MinValueValidator(1), MaxValueValidator(MAX_CATCH_UP)],
    )
    calendar = models.ForeignKey(
        Calendar, models.SET_NULL, null=True, blank=True, related_name="triggers"
    )
    on_closed = models.CharField(
        _("on closed days"), max_length=10, choices=OnClosed, default=OnClosed.IGNORE
    )
    # 0: never
    disable_after_failures = models.PositiveSmallIntegerField(
        _("switch off after failures in a row"), default=10, validators=[MaxValueValidator(1_000)]
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="triggers"
    )
    # counts people's edits; what a page showed must still hold when it is sent back
    version = models.PositiveIntegerField(default=1)

    status = models.CharField(max_length=14, choices=Status, default=Status.ENABLED)
    paused_until = models.DateTimeField(null=True)
    # why it is paused or switched off
    reason = models.CharField(max_length=500, blank=True)
    # what it saw last, in the words of its kind: whether its condition held, and since when; how
    # far a mailbox was read. Written only when it changes
    seen = models.JSONField(default=dict)
    # when that was
    checked_at = models.DateTimeField(null=True)
    # the address of a webhook, which nobody can guess; "" where it has none
    hook_key = models.CharField(max_length=64, blank=True, default="")
    # the next planned time, and when it is due: somewhat later where times are spread. Of one that
    # is not on: the first time that was not looked at; None when it is over, or has no times
    next_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    # TimeRule's mark of `next_at`: "", gap, fold, closed, moved
    next_mark = models.CharField(max_length=10, blank=True)
    last_planned_at = models.DateTimeField(null=True)
    failures_in_row = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())

    objects = FolderQuerySet.as_manager()

    class Meta:
        ordering = ["title"]
        indexes = [
            # the scheduler, each second
            models.Index(
                name="trigger_due",
                fields=["due_at"],
                condition=models.Q(status="enabled", due_at__isnull=False),
            ),
            # those that a person paused for a while
            models.Index(
                name="trigger_paused_until",
                fields=["paused_until"],
                condition=models.Q(status="paused", paused_until__isnull=False),
            ),
            # what the scheduler looks at each second
            models.Index(
                name="trigger_watching",
                fields=["kind"],
                condition=models.Q(status="enabled", kind__in=["queue", "state", "event"]),
            ),
            # how many others start at the same minute
            models.Index(
                name="trigger_next",
                fields=["next_at"],
                condition=models.Q(status="enabled", next_at__isnull=False),
            ),
        ]
        constraints = [
            models.UniqueConstraint(name="trigger_key_once_per_folder", fields=["folder", "key"]),
            models.CheckConstraint(
                name="trigger_on_has_a_next_time",
                condition=~models.Q(status="enabled")
                | ~models.Q(kind__in=["time", "expected"])
                | models.Q(next_at__isnull=False, due_at__isnull=False),
            ),
            models.CheckConstraint(
                name="trigger_only_times_have_a_next",
                condition=models.Q(kind__in=["time", "expected"])
                | models.Q(next_at__isnull=True, due_at__isnull=True),
            ),
            models.UniqueConstraint(
                name="trigger_hook_once", fields=["hook_key"], condition=~models.Q(hook_key="")
            ),
        ]

    def __str__(self) -> str:
        return self.title


class TriggerVersion(models.Model):
    """What people said about a trigger at one time; never changed."""

    trigger = models.ForeignKey(Trigger, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    # everything that people edit, in the words of the API
    definition = models.JSONField()
    by = models.CharField(max_length=150, blank=True)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(name="trigger_version_once", fields=["trigger", "number"])
        ]

    def __str__(self) -> str:
        return f"{self.trigger_id} v{self.number}"


class FolderPause(models.Model):
    """No trigger of the folder starts anything until then."""

    folder = models.OneToOneField(Folder, models.CASCADE, related_name="trigger_pause")
    until = models.DateTimeField()
    reason = models.CharField(max_length=300, blank=True)
    by = models.CharField(max_length=150, blank=True)
    at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"{self.folder_id} until {self.until:%Y-%m-%d %H:%M}"
