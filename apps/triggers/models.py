"""Triggers, all their versions, and one row for each time they were looked at."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
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


class Firing(models.Model):
    """What became of one planned time of a trigger, or of one occasion: one row for each."""

    class Outcome(models.TextChoices):
        WAITING = "waiting", _("Waits for the one before")  # starts when that is over
        FIRED = "fired", _("Started")  # final
        SKIPPED = "skipped", _("Left out")  # final: `reason` says why
        MISSED = "missed", _("Missed")  # final: no scheduler was there at that time
        FAILED = "failed", _("Could not start")  # final: `message` says why

    class Reason(models.TextChoices):
        CALENDAR = "calendar", _("The calendar is closed")
        OVERLAP = "overlap", _("The one before was still under way")
        REPLACED = "replaced", _("A newer start took its place")
        PAUSED = "paused", _("The trigger was not on")
        FOLDER_PAUSED = "folder_paused", _("All triggers of the folder were paused")
        DROPPED = "dropped", _("Missed times are left out")
        CAUGHT_UP = "caught_up", _("Made up for by a later start")
        LIMIT = "limit", _("More were missed than are made up for")
        WAITED = "waited", _("Waited for the one before")
        TARGET = "target", _("What it starts could not be started")
        RULE = "rule", _("Its times can't be worked out any more")
        CONDITION = "condition", _("Its condition does not hold any more")
        ARRIVED = "arrived", _("What was expected is there")
        MISSING = "missing", _("What was expected is not there")
        COOL_DOWN = "cool_down", _("Too soon after the last start")
        ONCE_PER_DATE = "once_per_date", _("It has started for this day already")
        ACTIVE_LIMIT = "active_limit", _("As much as allowed is under way already")
        LOOP = "loop", _("It would start itself for ever")
        STOPPED = "stopped", _("All work of the folder is stopped")
        FREEZE = "freeze", _("A freeze holds")
        REFUSED = "refused", _("What came was refused")

    class Origin(models.TextChoices):
        SCHEDULE = "schedule", _("Its time")
        CATCH_UP = "catch_up", _("Made up for a missed time")
        QUEUE = "queue", _("Items that wait")
        STATE = "state", _("Its condition")
        EVENT = "event", _("Something that happened")
        PERSON = "person", _("A person")
        API = "api", _("API")

    class Subject(models.TextChoices):
        """What was started; `subject_id` is its number, of items that of the first."""

        INSTANCE = "instance", _("Instance")
        RUN = "run", _("Run")
        ITEMS = "items", _("Items")
        TASK = "task", _("Task")
        ALERT = "alert", _("Alert")  # of notices: nothing that could be under way

    trigger = models.ForeignKey(Trigger, models.CASCADE, related_name="firings")
    planned_at = models.DateTimeField()
    # when the scheduler looked at it, or what waited was started
    fired_at = models.DateTimeField(db_default=Now())
    # what it was about, where that is no planned time: a call, an event, a file, a business date
    occasion = models.CharField(max_length=200, blank=True, default="", db_default="")
    # what happened, for the places in the target; not kept of one that has started if it is large
    event = models.JSONField(default=dict, db_default={})
    # the firing that led to this one, and how long that chain is by now
    caused_by = models.ForeignKey("self", models.SET_NULL, null=True, related_name="led_to")
    depth = models.PositiveSmallIntegerField(default=0, db_default=0)
    outcome = models.CharField(max_length=10, choices=Outcome)
    reason = models.CharField(max_length=20, choices=Reason, blank=True)
    message = models.CharField(max_length=500, blank=True)
    # TimeRule's mark of the time: "", gap, fold, closed, moved
    mark = models.CharField(max_length=10, blank=True)
    origin = models.CharField(max_length=10, choices=Origin, default=Origin.SCHEDULE)
    # one row stands for many times in a row, from `planned_at` on, when very many were missed
    count = models.PositiveIntegerField(default=1)
    subject_type = models.CharField(max_length=10, choices=Subject, blank=True)
    subject_id = models.BigIntegerField(null=True)
    subject_ids = ArrayField(models.BigIntegerField(), default=list)
    # how people call what was started
    label = models.CharField(max_length=200, blank=True)
    # who fired it by hand
    by = models.CharField(max_length=150, blank=True)

    class Meta:
        ordering = ["-planned_at"]
        indexes = [
            # the start log of all triggers, and the oldest, which are dropped
            models.Index(name="firing_newest", fields=["-fired_at", "-id"]),
            # what a trigger started last: is it still under way?
            models.Index(
                name="firing_started",
                fields=["trigger", "-planned_at"],
                condition=models.Q(subject_id__isnull=False),
            ),
            # which firing started this? for chains of triggers
            models.Index(
                name="firing_of_subject",
                fields=["subject_type", "subject_id"],
                condition=models.Q(subject_id__isnull=False),
            ),
        ]
        constraints = [
            # any number of schedulers: each time once
            models.UniqueConstraint(
                name="firing_once", fields=["trigger", "planned_at", "occasion"]
            ),
            # and each occasion once
            models.UniqueConstraint(
                name="firing_occasion_once",
                fields=["trigger", "occasion"],
                condition=~models.Q(occasion=""),
            ),
            models.UniqueConstraint(
                name="firing_one_waits",
                fields=["trigger"],
                condition=models.Q(outcome="waiting"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.trigger_id} at {self.planned_at:%Y-%m-%d %H:%M:%S}: {self.outcome}"


class Delivery(models.Model):
    """Something that came in for an event trigger: a call, a mail, a file; what became of it."""

    class Source(models.TextChoices):
        WEBHOOK = "webhook", _("Webhook")
        INTERNAL = "internal", _("Event here")
        FILE = "file", _("File")
        MAIL = "mail", _("Mail")

    class Outcome(models.TextChoices):
        ACCEPTED = "accepted", _("Accepted")  # `firing` says what became of it
        REFUSED = "refused", _("Refused")  # `reason` and `message` say why; nothing was started
        DUPLICATE = "duplicate", _("Came before")  # nothing was started again

    # None: it came to an address that no trigger has
    trigger = models.ForeignKey(Trigger, models.CASCADE, null=True, related_name="deliveries")
    received_at = models.DateTimeField(db_default=Now())
    source = models.CharField(max_length=10, choices=Source)
    occasion = models.CharField(max_length=200, blank=True, default="")
    outcome = models.CharField(max_length=10, choices=Outcome)
    # a word for programs
    reason = models.CharField(max_length=30, blank=True, default="")
    message = models.CharField(max_length=500, blank=True, default="")
    # without what is secret
    headers = models.JSONField(default=dict)
    # the beginning of it; `size` and `sha256` are those of the whole
    body = models.BinaryField(default=bytes)
    size = models.PositiveBigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True, default="")
    firing = models.ForeignKey(Firing, models.SET_NULL, null=True, related_name="deliveries")
    # one that a person delivered again, and who it was
    again_of = models.ForeignKey("self", models.SET_NULL, null=True, related_name="again")
    attempt = models.PositiveSmallIntegerField(default=1)
    by = models.CharField(max_length=150, blank=True, default="")

    class Meta:
        ordering = ["-received_at", "-id"]
        verbose_name_plural = "deliveries"
        indexes = [
            # the newest of a trigger, and how many came lately
            models.Index(name="delivery_of_trigger", fields=["trigger", "-received_at", "-id"]),
            # the oldest, which are dropped
            models.Index(name="delivery_oldest", fields=["received_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.trigger_id} {self.source} {self.received_at}: {self.outcome}"


class WebhookSecret(models.Model):
    """What the calls of a webhook are signed with, sealed. Several hold while one is replaced."""

    trigger = models.ForeignKey(Trigger, models.CASCADE, related_name="webhook_secrets")
    # opens in this row only
    sealed = models.BinaryField(null=True)
    # name of the vault key that it is sealed under; rotation looks for other ones
    key_name = models.CharField(max_length=40, blank=True, default="")
    created_at = models.DateTimeField(db_default=Now())
    # from when on it does not hold any more; None: until it is replaced
    expires_at = models.DateTimeField(null=True)
    by = models.CharField(max_length=150, blank=True, default="")

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [
            # the change of the vault key
            models.Index(
                name="webhook_secret_key_name",
                fields=["key_name", "id"],
                condition=models.Q(sealed__isnull=False),
            )
        ]
        constraints = [
            models.CheckConstraint(
                name="webhook_secret_names_its_key",
                condition=models.Q(sealed__isnull=True) | ~models.Q(key_name=""),
            )
        ]

    def __str__(self) -> str:
        return f"{self.trigger_id} from {self.created_at}"


class FolderPause(models.Model):
    """No trigger of the folder starts anything until then."""

    folder = models.OneToOneField(Folder, models.CASCADE, related_name="trigger_pause")
    until = models.DateTimeField()
    reason = models.CharField(max_length=300, blank=True)
    by = models.CharField(max_length=150, blank=True)
    at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"{self.folder_id} until {self.until:%Y-%m-%d %H:%M}"
