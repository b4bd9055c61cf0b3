"""Work waiting for people."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Folder
from apps.accounts.permissions import FolderQuerySet
from apps.queues.models import WorkItem, WorkQueue


class UserTaskQuerySet(FolderQuerySet):
    def open(self) -> "UserTaskQuerySet":
        return self.filter(status=UserTask.Status.OPEN)


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
    attempt = models.PositiveSmallIntegerField(default=0)
    # the form as it was when the task was made, and the values the person starts from
    form = models.JSONField(default=dict)
    values = models.JSONField(default=dict)
    # [{"key", "title", "needs_reason", "needs_reference", "takes_values", "style", "shortcut"}]
    decisions = models.JSONField(default=list)
    # extra facts for the page: {"field": …, "effects": [...]}
    facts = models.JSONField(default=dict)
    version = models.PositiveIntegerField(default=1)
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="user_tasks"
    )
    # somebody has typed or opened the form: others see it, nobody is locked out
    working_until = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now())
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="decisions"
    )
    decided_by_name = models.CharField(max_length=150, blank=True)
    decision = models.CharField(max_length=40, blank=True)
    decision_values = models.JSONField(null=True)
    decision_comment = models.TextField(blank=True)
    decision_reference = models.CharField(max_length=300, blank=True)

    objects = UserTaskQuerySet.as_manager()

    class Meta:
        ordering = ["due_at", "id"]
        indexes = [
            models.Index(
                name="user_task_open",
                fields=["folder", "due_at", "id"],
                condition=models.Q(status="open"),
            ),
            models.Index(name="user_task_decided", fields=["folder", "-decided_at"]),
        ]
        constraints = [
            models.UniqueConstraint(
                name="user_task_one_open_per_item",
                fields=["item"],
                condition=models.Q(status="open"),
            ),
            models.CheckConstraint(
                name="user_task_completed_has_decision",
                condition=~models.Q(status="completed") | ~models.Q(decision=""),
            ),
        ]

    def __str__(self) -> str:
        return self.title


class Draft(models.Model):
    """What a person typed and has not sent: a reload or a sign-out loses nothing."""

    task = models.ForeignKey(UserTask, models.CASCADE, related_name="drafts")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)
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
