"""What runs, lease holders and workflows say, line by line."""

from datetime import UTC, datetime
from typing import Any

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models.functions import Coalesce, Now

from apps.lib.partitions import NextValue
from apps.lib.searching import WordsIn

MAX_STEP, MAX_CORRELATION = 200, 100
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


class TransactionId(models.Field):  # type: ignore[type-arg]
    """Which transaction wrote a row (xid8): with a snapshot, whether somebody has seen it yet."""

    def db_type(self, connection: Any) -> str:
        return "xid8"


class ThisTransaction(models.Func):
    template = "pg_current_xact_id()"
    output_field = TransactionId()


class LogLineManager(models.Manager["LogLine"]):
    """Without what is there to be searched and told apart by alone."""

    def get_queryset(self) -> "models.QuerySet[LogLine]":
        return super().get_queryset().defer("words", "written_in")

    def of_run(self, run_id: int, *, after: int = 0) -> "models.QuerySet[LogLine]":
        """Return what a run said, in order; only what it said after the line with that number.

        From there on in the index of the run: not all that it ever said.
        """
        lines = self.filter(run_id=run_id).order_by("at", "id")
        if not after:
            return lines
        seen = self.filter(id=after, run_id=run_id).values("at")
        return lines.filter(at__gte=Coalesce(models.Subquery(seen), LONG_AGO), id__gt=after)


class LogLine(models.Model):
    """A line that a run, a lease holder or a workflow said. Partitioned by month of `at`.

    In the order of (at, id); within a run that is the order in which it was said. Written by
    `logs` alone. All ids are plain numbers: a line outlives what it speaks of.
    """

    class Level(models.TextChoices):
        DEBUG = "debug"
        INFO = "info"
        WARNING = "warning"
        ERROR = "error"

    pk = models.CompositePrimaryKey("id", "at")
    id = models.BigIntegerField(db_default=NextValue(sequence="bots_logline_id_seq"))
    at = models.DateTimeField(db_default=Now())
    # who may read it
    folder_id = models.BigIntegerField()
    run_id = models.BigIntegerField(null=True)
    bot_id = models.BigIntegerField(null=True)
    queue_id = models.BigIntegerField(null=True)
    item_id = models.BigIntegerField(null=True)
    instance_id = models.BigIntegerField(null=True)
    written_in = TransactionId(db_default=ThisTransaction())
    attempt = models.PositiveIntegerField(null=True)
    # the visit of a workflow's element that it was said in, and that element
    token = models.IntegerField(null=True)
    step = models.CharField(max_length=MAX_STEP, blank=True, default="", db_default="")
    # what the speaker, or the request that wrote it, calls the whole of which it is a part
    correlation_id = models.CharField(
        max_length=MAX_CORRELATION, blank=True, default="", db_default=""
    )
    level = models.CharField(max_length=10, choices=Level, default=Level.INFO)
    message = models.TextField()
    fields = models.JSONField(default=dict, db_default=models.Value({}, models.JSONField()))
    words = models.GeneratedField(
        expression=WordsIn("message", "step", "fields"),
        output_field=SearchVectorField(),
        db_persist=True,
    )

    objects = LogLineManager()

    class Meta:
        indexes = [
            # what a folder, a queue, a bot, a run, an item and an instance said, by time
            models.Index(name="log_line_folder", fields=["folder_id", "at", "id"]),
            models.Index(
                name="log_line_run",
                fields=["run_id", "at", "id"],
                condition=models.Q(run_id__isnull=False),
            ),
            models.Index(
                name="log_line_item",
                fields=["item_id", "at", "id"],
                condition=models.Q(item_id__isnull=False),
            ),
            models.Index(
                name="log_line_instance",
                fields=["instance_id", "at", "id"],
                condition=models.Q(instance_id__isnull=False),
            ),
            models.Index(
                name="log_line_queue",
                fields=["queue_id", "at", "id"],
                condition=models.Q(queue_id__isnull=False),
            ),
            models.Index(
                name="log_line_bot",
                fields=["bot_id", "at", "id"],
                condition=models.Q(bot_id__isnull=False),
            ),
            models.Index(
                name="log_line_correlation",
                fields=["correlation_id", "at", "id"],
                condition=~models.Q(correlation_id=""),
            ),
            # what went wrong: few among many
            models.Index(
                name="log_line_grave",
                fields=["folder_id", "at", "id"],
                condition=models.Q(level__in=["warning", "error"]),
            ),
            models.Index(
                name="log_line_run_error",
                fields=["run_id", "at", "id"],
                condition=models.Q(level="error"),
            ),
            # what came in since a snapshot
            models.Index(name="log_line_written", fields=["written_in"]),
            GinIndex(name="log_line_words", fields=["words"]),
        ]

    def __str__(self) -> str:
        return self.message
