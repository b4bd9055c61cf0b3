"""Work waiting for people."""

from datetime import UTC, datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models.functions import Coalesce, Now
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Folder
from apps.accounts.permissions import FolderQuerySet
from apps.lib.json import JsonObject
from apps.queues.models import WorkItem, WorkQueue

# when something without a deadline is due, for sorting
SOME_DAY = datetime(9999, 1, 1, tzinfo=UTC)


class UserTaskQuerySet(FolderQuerySet):
    def open(self) -> Self:
        return self.filter(status=UserTask.Status.OPEN)

    def closed(self) -> Self:
        return self.exclude(status=UserTask.Status.OPEN)

    def in_hands_of(self, user_id: int) -> Self:
        """Assigned to that person, or being worked on by them right now."""
        working = models.Q(working_by=user_id, working_until__gt=Now())
        return self.filter(models.Q(assignee=user_id) | working)


class UserTask(models.Model):
    """A decision that a person must take. Only inbox/lifecycle.py writes `status`."""

    class Status(models.TextChoices):
        OPEN = "open", _("Needs a person")  # waits for a decision
        COMPLETED = "completed", _("Done")  # final: decided
        CANCELLED = "cancelled", _("Cancelled")  # final: no longer needed
        EXPIRED = "expired", _("Expired")  # final: its time ran out

    class Kind(models.TextChoices):
        DATA_PROBLEM = "data_problem", _("Data problem")
        SYSTEM_PROBLEM = "system_problem", _("System problem")
        UNKNOWN_EFFECT = "unknown_effect", _("Did it happen?")
        FORM = "form", _("Task")  # a step of a workflow that people do
        INCIDENT = "incident", _("Needs repair")  # a step that can't go on by itself

    # made by workflows, not by items: they have an instance and a token
    OF_WORKFLOWS = (Kind.FORM, Kind.INCIDENT)

    folder = models.ForeignKey(Folder, models.PROTECT, related_name="user_tasks")
    kind = models.CharField(max_length=20, choices=Kind)
    status = models.CharField(max_length=10, choices=Status, default=Status.OPEN)
    title = models.CharField(max_length=300)
    reason = models.TextField()
    code = models.CharField(max_length=100, blank=True)
    queue = models.ForeignKey(WorkQueue, models.PROTECT, null=True, related_name="user_tasks")
    item = models.ForeignKey(
        WorkItem, models.PROTECT, null=True, related_name="user_tasks", db_constraint=False
    )
    attempt = models.PositiveIntegerField(default=0)
    # the instance that waits for this, or that the item belongs to: a number of a layer above
    instance_id = models.BigIntegerField(null=True)
    token = models.IntegerField(null=True)
    # whom the workflow offers it to, by name; who may decide is a matter of roles in the folder
    candidate_groups = models.JSONField(default=list)
    candidate_users = models.JSONField(default=list)
    follow_up_at = models.DateTimeField(null=True)
    priority = models.SmallIntegerField(default=50)
    instructions = models.TextField(blank=True)
    # since when the item waits for this decision: tells one wait from the next
    parked_at = models.DateTimeField(null=True)
    # the form as it was when the task was made, and the values the person starts from
    form = models.JSONField(default=dict)
    values = models.JSONField(default=dict)
    item_version = models.PositiveIntegerField(default=1)
    # {version: values} that somebody may still be looking at
    earlier_values = models.JSONField(default=dict)
    # see decisions.Decision
    decisions = models.JSONField(default=list)
    # what else the page needs: {"cause", "field", "effects": [{"key", "begun_at"}]} of items,
    # {"workflow", "step", "element", "assignee"} of steps, {"result"} that was set for one
    facts = models.JSONField(default=dict)
    # counts changes of what the person decides about; what they saw must still hold
    version = models.PositiveIntegerField(default=1)
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="user_tasks"
    )
    # who typed last, and how long that counts: others see it, nobody is locked out
    working_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    working_until = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    urgent_at = models.GeneratedField(
        expression=Coalesce("due_at", models.Value(SOME_DAY)),
        output_field=models.DateTimeField(),
        db_persist=True,
    )
    created_at = models.DateTimeField(db_default=Now())
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="decisions"
    )
    decided_by_name = models.CharField(max_length=150, blank=True)
    decision = models.CharField(max_length=100, blank=True)
    decision_values = models.JSONField(null=True)
    decision_comment = models.TextField(blank=True)
    decision_reference = models.CharField(max_length=300, blank=True)

    objects = UserTaskQuerySet.as_manager()

    class Meta:
        ordering = ["urgent_at", "id"]
        indexes = [
            # the inbox: most urgent first
            models.Index(
                name="user_task_open",
                fields=["folder", "urgent_at", "id"],
                condition=models.Q(status="open"),
            ),
            # "recently decided"
            models.Index(
                name="user_task_closed",
                fields=["folder", "-decided_at", "-id"],
                condition=~models.Q(status="open"),
            ),
            # what an instance waits for, and asked before
            models.Index(
                name="user_task_instance",
                fields=["instance_id", "token"],
                condition=models.Q(instance_id__isnull=False),
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                name="user_task_one_open_per_item",
                fields=["item"],
                condition=models.Q(status="open"),
            ),
            models.UniqueConstraint(
                name="user_task_one_open_per_token",
                fields=["instance_id", "token", "kind"],
                condition=models.Q(status="open", kind__in=["form", "incident"]),
            ),
            models.CheckConstraint(
                name="user_task_completed_has_decision",
                condition=~models.Q(status="completed") | ~models.Q(decision=""),
            ),
            models.CheckConstraint(
                name="user_task_closed_has_time",
                condition=models.Q(status="open") | models.Q(decided_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_open(self) -> bool:
        return self.status == self.Status.OPEN

    @property
    def is_of_workflow(self) -> bool:
        """Whether a workflow asks, about a step; else a queue does, about an item."""
        return self.kind in self.OF_WORKFLOWS

    @property
    def item_number(self) -> int:
        """The item that the decision is about; only tasks of workflows may have none."""
        if self.item_id is None:
            raise ValueError(f"{self} is not about an item.")
        return self.item_id

    def values_at(self, version: int) -> JsonObject:
        """Return the values as a person saw them who looked at `version`."""
        found = self.values if version == self.version else self.earlier_values.get(str(version))
        return found if isinstance(found, dict) else self.values


class Draft(models.Model):
    """What a person typed and has not sent: a reload or a sign-out loses nothing."""

    task = models.ForeignKey(UserTask, models.CASCADE, related_name="drafts")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)
    # {name of the control: [texts]}, as a browser sends it
    values = models.JSONField(default=dict)
    saved_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(name="draft_once_per_person", fields=["task", "user"])
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.task}"


class Comment(models.Model):
    """Something a person wrote beside a task."""

    task = models.ForeignKey(UserTask, models.CASCADE, related_name="comments")
    author_name = models.CharField(max_length=150)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT)
    text = models.TextField(max_length=10_000)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.author_name}: {self.text[:40]}"
