"""What reports are made of: figures by day, what an item is worth, and who gets which by mail."""

from decimal import Decimal

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from apps.calendars.models import Calendar
from apps.queues.models import WorkQueue

MAX_MINUTES, MAX_RATE = 100_000, 1_000_000


class Measure(models.TextChoices):
    """What is added up by day; `recording` and `sources` say from where."""

    # items: each time that one came in, or came to such an end
    ADDED = "added"
    DONE = "done"
    FAILED = "failed"
    LEFT_OUT = "left_out"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    HELPED = "helped"  # of those done: a person had laid hands on the item before
    BY_HAND = "by_hand"  # of those done: a person did the work
    REOPENED = "reopened"
    # tries that went wrong
    DATA_PROBLEMS = "data_problems"
    SYSTEM_PROBLEMS = "system_problems"
    LOST = "lost"
    CAUSE = "cause"  # detail: the failure group
    # decisions; detail: the kind of task
    DECISIONS = "decisions"  # by people
    DECISION_SECONDS = "decision_seconds"
    WAITED_SECONDS = "waited_seconds"
    DECIDED_ALONE = "decided_alone"  # by rules and programs
    TASKS_DUE = "tasks_due"
    TASKS_LATE = "tasks_late"
    # deadlines of items
    DUE = "due"
    MISSED = "missed"
    # runs; detail: the bot
    RUNS = "runs"
    RUNS_FAILED = "runs_failed"
    RUN_SECONDS = "run_seconds"
    # values that AI read and a person looked at; detail: “gate|field”
    LOOKS = "looks"
    LOOKS_RIGHT = "looks_right"
    VALUES = "values"  # those for which the looks stand
    VALUES_RIGHT = "values_right"
    # calls of models; detail: the endpoint
    CALLS = "calls"
    CALLS_FAILED = "calls_failed"
    TOKENS = "tokens"
    MODEL_COST = "model_cost"


class DayFigure(models.Model):
    """How much of something there was on one day of the organisation's calendar.

    Written by `lifecycle.record_figures` alone, a day at a time and always as a whole. 0 in a
    number of a row is "none": a task of a workflow has no queue. Its key begins with measure and
    day, and whoever asks names both: a report reads one range of it for each measure.
    """

    pk = models.CompositePrimaryKey(
        "measure", "day", "folder_id", "queue_id", "automation_id", "detail"
    )
    measure = models.CharField(max_length=20, choices=Measure)
    day = models.DateField()
    folder_id = models.BigIntegerField()
    queue_id = models.BigIntegerField()
    automation_id = models.BigIntegerField()
    detail = models.CharField(max_length=250, db_collation="C")
    n = models.DecimalField(max_digits=24, decimal_places=6)

    def __str__(self) -> str:
        return f"{self.day} {self.measure} {self.n}"


class FigureMark(models.Model):
    """Up to when figures are recorded, and in which zone their days are; one row."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    upto = models.DateTimeField()
    zone = models.CharField(max_length=64)
    # the first day that is there
    since = models.DateField()

    class Meta:
        constraints = [
            models.CheckConstraint(name="figure_mark_is_one_row", condition=models.Q(id=1))
        ]

    def __str__(self) -> str:
        return f"{self.upto:%Y-%m-%d %H:%M}"


class Touched(models.Model):
    """An item on which a person laid hands, and since when; whether its end is still to come."""

    item_id = models.BigIntegerField(primary_key=True)
    queue_id = models.BigIntegerField()
    at = models.DateTimeField()
    last_at = models.DateTimeField()
    is_open = models.BooleanField(default=True)

    class Meta:
        verbose_name_plural = "touched"
        indexes = [
            models.Index(name="touched_open", fields=["item_id"], condition=models.Q(is_open=True))
        ]

    def __str__(self) -> str:
        return f"#{self.item_id}"


class HelpedEnd(models.Model):
    """An item was done after a person had laid hands on it; stays, even when it is reopened."""

    pk = models.CompositePrimaryKey("item_id", "at")
    item_id = models.BigIntegerField()
    at = models.DateTimeField()
    queue_id = models.BigIntegerField()

    class Meta:
        indexes = [models.Index(name="helped_end_at", fields=["at"])]

    def __str__(self) -> str:
        return f"#{self.item_id} {self.at:%Y-%m-%d %H:%M}"


class Worth(models.Model):
    """What an item of a queue saves, from a day on; never changed, the next version follows.

    For a day holds the version with the latest `since` up to it; of the same day, the newest.
    """

    queue = models.ForeignKey(WorkQueue, models.CASCADE, related_name="worths")
    since = models.DateField(_("from"))
    minutes_by_hand = models.DecimalField(
        _("minutes by hand, per item"),
        max_digits=9,
        decimal_places=2,
        validators=[MinValueValidator(Decimal(0)), MaxValueValidator(MAX_MINUTES)],
    )
    rate_per_hour = models.DecimalField(
        _("cost of a person, per hour"),
        max_digits=10,
        decimal_places=2,
        validators=[MinValueValidator(Decimal(0)), MaxValueValidator(MAX_RATE)],
    )
    bot_cost_per_hour = models.DecimalField(
        _("cost of a bot at work, per hour"),
        max_digits=10,
        decimal_places=2,
        default=Decimal(0),
        validators=[MinValueValidator(Decimal(0)), MaxValueValidator(MAX_RATE)],
    )
    made_by = models.CharField(max_length=150)
    made_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["-since", "-id"]
        indexes = [models.Index(name="worth_of_queue", fields=["queue", "-since", "-id"])]
        constraints = [
            models.CheckConstraint(
                name="worth_is_not_negative",
                condition=models.Q(
                    minutes_by_hand__gte=0, rate_per_hour__gte=0, bot_cost_per_hour__gte=0
                ),
            )
        ]

    def __str__(self) -> str:
        return f"{self.queue} from {self.since}"


class ReportMail(models.Model):
    """A report that one person gets by mail, again and again. Only `lifecycle` moves `next_at`."""

    class Every(models.TextChoices):
        WEEK = "week", _("Each week")
        MONTH = "month", _("Each month")

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="report_mails")
    report = models.CharField(max_length=20)
    # what the page was asked for, see asking.Wanted
    query = models.CharField(max_length=300, blank=True)
    every = models.CharField(_("how often"), max_length=5, choices=Every)
    # of a week 0 (Monday) to 6, of a month 1 to 31; a shorter month: its last day
    day = models.PositiveSmallIntegerField(_("day"))
    at = models.TimeField(_("time"))
    # on days that it is closed, the mail waits for the next open one
    calendar = models.ForeignKey(Calendar, models.SET_NULL, null=True, blank=True, related_name="+")
    # null: ended by its person
    next_at = models.DateTimeField(null=True)
    made_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(
                name="report_mail_due",
                fields=["next_at"],
                condition=models.Q(next_at__isnull=False),
            )
        ]
        constraints = [
            models.CheckConstraint(
                name="report_mail_day_makes_sense",
                condition=models.Q(every="week", day__lte=6)
                | models.Q(every="month", day__gte=1, day__lte=31),
            )
        ]

    def __str__(self) -> str:
        return f"{self.report} for {self.user}"


class ReportMailing(models.Model):
    """One time that a report was due to go out: once for each, whoever is killed when."""

    mail = models.ForeignKey(ReportMail, models.CASCADE, related_name="mailings")
    due_at = models.DateTimeField()
    # the day as of which it is made
    day = models.DateField()
    made_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(name="report_mailing_once", fields=["mail", "due_at"])
        ]

    def __str__(self) -> str:
        return f"{self.mail} {self.due_at:%Y-%m-%d}"
