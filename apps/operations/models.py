"""What people do to many things at once: one operation, and one entry for each of its targets."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Folder
from apps.accounts.permissions import FolderQuerySet
from apps.lib.actors import Actor


class Operation(models.Model):
    """One act on all that a filter found when it was asked for. Only `lifecycle` writes it."""

    class Status(models.TextChoices):
        PREPARING = "preparing", _("Being prepared")  # the worker writes down what it is about
        WAITING = "waiting", _("Waiting")  # its targets are known, its turn has not come
        RUNNING = "running", _("Running")  # the worker goes through the targets, chunk by chunk
        DONE = "done", _("Done")  # final: every target has its result
        CANCELLED = "cancelled", _("Cancelled")  # final: a person stopped it; the rest is untouched
        FAILED = "failed", _("Failed")  # final: it could not go on, `problem` says why

    UNFINISHED = (Status.PREPARING, Status.WAITING, Status.RUNNING)

    folder = models.ForeignKey(Folder, models.PROTECT, related_name="operations")
    kind = models.CharField(max_length=60)
    # what it is about, in words; the kind says what is done
    about = models.CharField(max_length=300, blank=True, default="")
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(max_length=150)
    actor_kind = models.CharField(max_length=10, default="person")
    reason = models.CharField(max_length=300, blank=True, default="")
    # as the list's own filter object read it; of all that is no newer than these two
    filter = models.JSONField(default=dict)
    bound = models.BigIntegerField(null=True)
    asked_at = models.DateTimeField(db_default=Now())
    arguments = models.JSONField(default=dict)
    # sent twice, it is the same operation
    request_key = models.UUIDField(null=True, unique=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.PREPARING)
    # targets and their results; `total` is None until all are written down
    total = models.PositiveIntegerField(null=True)
    done = models.PositiveIntegerField(default=0, db_default=0)
    skipped = models.PositiveIntegerField(default=0, db_default=0)
    failed = models.PositiveIntegerField(default=0, db_default=0)
    undo_of = models.ForeignKey("self", models.PROTECT, null=True, related_name="undone_by")
    retry_of = models.ForeignKey("self", models.PROTECT, null=True, related_name="retried_by")
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    # the worker's lease: whoever lost the token writes nothing any more
    token = models.UUIDField(null=True)
    held_until = models.DateTimeField(null=True)
    # targets up to this one have their result
    cursor = models.BigIntegerField(default=0, db_default=0)
    next_try_at = models.DateTimeField(db_default=Now())
    faults = models.PositiveSmallIntegerField(default=0, db_default=0)
    problem = models.CharField(max_length=500, blank=True, default="", db_default="")

    objects = FolderQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [
            # the list of a folder, newest first
            models.Index(name="operation_of_folder", fields=["folder", "-id"]),
            # the worker's next one
            models.Index(
                name="operation_to_work",
                fields=["next_try_at"],
                condition=models.Q(status__in=["preparing", "waiting", "running"]),
            ),
            # old ones are dropped
            models.Index(name="operation_ended", fields=["ended_at"]),
        ]
        constraints = [
            models.CheckConstraint(
                name="operation_ended_has_time",
                condition=models.Q(
                    status__in=["preparing", "waiting", "running"], ended_at__isnull=True
                )
                | models.Q(
                    status__in=["done", "cancelled", "failed"],
                    ended_at__isnull=False,
                    token__isnull=True,
                ),
            ),
            models.CheckConstraint(
                name="operation_lease_is_whole",
                condition=models.Q(token__isnull=True, held_until__isnull=True)
                | models.Q(token__isnull=False, held_until__isnull=False),
            ),
            models.CheckConstraint(
                name="operation_counts_no_more_than_all",
                condition=models.Q(total__isnull=True, done=0, skipped=0, failed=0)
                | models.Q(total__gte=models.F("done") + models.F("skipped") + models.F("failed")),
            ),
            models.CheckConstraint(
                name="operation_done_is_whole",
                condition=~models.Q(status="done")
                | models.Q(total=models.F("done") + models.F("skipped") + models.F("failed")),
            ),
            # one way back at a time; one that was cancelled may be taken again
            models.UniqueConstraint(
                name="operation_undone_once",
                fields=["undo_of"],
                condition=models.Q(
                    undo_of__isnull=False, status__in=["preparing", "waiting", "running", "done"]
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.kind}"

    @property
    def actor(self) -> Actor:
        return Actor(self.actor_id, self.actor_name, self.actor_kind)  # type: ignore[arg-type]

    @property
    def is_over(self) -> bool:
        return self.status not in self.UNFINISHED

    @property
    def handled(self) -> int:
        return self.done + self.skipped + self.failed

    @property
    def left(self) -> int:
        return (self.total or 0) - self.handled


class OperationEntry(models.Model):
    """One target of an operation, and what became of it."""

    class Status(models.TextChoices):
        WAITING = "waiting", _("Waiting")  # not reached yet; of an ended operation: left as it was
        DONE = "done", _("Done")  # final
        SKIPPED = "skipped", _("Left out")  # final: it was not for this any more, `reason` says why
        FAILED = "failed", _("Failed")  # final: it could not be done, `reason` says why

    pk = models.CompositePrimaryKey("operation_id", "target_id")
    operation_id = models.BigIntegerField()
    target_id = models.BigIntegerField()
    status = models.CharField(
        max_length=10, choices=Status, default=Status.WAITING, db_default=Status.WAITING
    )
    reason = models.CharField(max_length=300, blank=True, default="", db_default="")
    # what an undo needs to know of how it was
    before = models.JSONField(null=True)
    at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "operation entries"
        indexes = [
            models.Index(name="entry_by_status", fields=["operation_id", "status", "target_id"])
        ]

    def __str__(self) -> str:
        return f"#{self.target_id} of {self.operation_id}: {self.status}"
