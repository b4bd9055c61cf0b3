"""What became of each planned time, and of each occasion."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from .triggers import Trigger


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
            # when it started something last, however often it left something out since
            models.Index(
                name="firing_fired",
                fields=["trigger", "-fired_at"],
                condition=models.Q(outcome="fired"),
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
