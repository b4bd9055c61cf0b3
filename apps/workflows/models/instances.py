"""Walks through workflows."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Folder
from apps.accounts.permissions import FolderQuerySet

from .definitions import Workflow, WorkflowVersion


class WorkflowInstance(models.Model):
    """One walk through a workflow. Its row is the lock under which the instance steps."""

    class Status(models.TextChoices):
        RUNNING = "running", _("Running")
        PAUSED = "paused", _("Paused")  # what happens meanwhile is kept, and done on resuming
        COMPLETED = "completed", _("Done")  # final
        FAILED = "failed", _("Failed")  # final: an error that nobody caught
        CANCELLED = "cancelled", _("Cancelled")  # final

    folder = models.ForeignKey(
        Folder, models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    workflow = models.ForeignKey(
        Workflow, models.PROTECT, related_name="instances", db_constraint=False, db_index=False
    )
    version = models.ForeignKey(
        WorkflowVersion, models.PROTECT, related_name="instances", db_constraint=False
    )
    status = models.CharField(max_length=10, choices=Status, default=Status.RUNNING)
    # by bytes, so that its index finds what begins with a text, whatever the server's language
    business_key = models.CharField(max_length=200, blank=True, db_collation="C")
    # the instance and token whose call activity started this one, and the top of that chain
    parent = models.ForeignKey(
        "self", models.CASCADE, null=True, related_name="children", db_constraint=False,
        db_index=False,
    )  # fmt: skip
    parent_token = models.IntegerField(null=True)
    root_id = models.BigIntegerField(null=True)
    depth = models.PositiveSmallIntegerField(default=0)
    started_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True)
    started_by = models.CharField(max_length=150, blank=True)
    # the start element, "" for the plain one
    start_node = models.CharField(max_length=200, blank=True)
    # kept by the engine
    next_number = models.IntegerField(default=1)
    size = models.IntegerField(default=0)
    # has held so many rows that a step loads what it reaches, not all of them
    is_wide = models.BooleanField(default=False)
    # the variables of an instance that has ended
    result = models.JSONField(null=True)
    error_code = models.CharField(max_length=200, blank=True)
    error_message = models.TextField(blank=True)
    paused_at = models.DateTimeField(null=True)
    paused_by = models.CharField(max_length=150, blank=True)
    # why it was paused or cancelled, in the words of who did it
    reason = models.CharField(max_length=500, blank=True)

    objects = FolderQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(name="instance_folder", fields=["folder", "-id"]),
            models.Index(name="instance_workflow", fields=["workflow", "status", "-id"]),
            # when one ended last: triggers ask each second
            models.Index(
                name="instance_ended",
                fields=["workflow", "status", "-ended_at"],
                condition=models.Q(ended_at__isnull=False),
            ),
            # what stands on a diagram: few of all that a version ever had
            models.Index(
                name="instance_open_of_version",
                fields=["version", "id"],
                condition=models.Q(status__in=["running", "paused"]),
            ),
            # what begins with a text, in its order; of the same key the newest first
            models.Index(
                name="instance_business_key",
                fields=["folder", "business_key", "-id"],
                condition=~models.Q(business_key=""),
            ),
            models.Index(
                name="instance_parent",
                fields=["parent", "parent_token"],
                condition=models.Q(parent__isnull=False),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                name="instance_ended_has_time",
                condition=models.Q(
                    status__in=["completed", "failed", "cancelled"], ended_at__isnull=False
                )
                | models.Q(status__in=["running", "paused"], ended_at__isnull=True),
            ),
            models.CheckConstraint(
                name="instance_paused_has_time",
                condition=~models.Q(status="paused") | models.Q(paused_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.business_key or f"#{self.pk}"

    @property
    def is_over(self) -> bool:
        return self.ended_at is not None
