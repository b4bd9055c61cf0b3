"""Decisions on their way: votes, those that can still be undone, and links that decide."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from .tasks import UserTask


class PendingDecision(models.Model):
    """A decision that takes effect soon; until then its person can take it back.

    One for each task: who makes it has won. The task stays open until it takes effect.
    """

    task = models.OneToOneField(
        UserTask, models.CASCADE, primary_key=True, related_name="pending_decision"
    )
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    user_name = models.CharField(max_length=150)
    decision = models.CharField(max_length=100)
    # what was said, see lifecycle.Answer, and the texts of the form as they were typed
    answer = models.JSONField()
    typed = models.JSONField(default=dict)
    # the bulk decision that it is part of: undone together
    batch = models.UUIDField(null=True)
    made_at = models.DateTimeField(db_default=Now())
    takes_effect_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(name="pending_decision_due", fields=["takes_effect_at"]),
            models.Index(
                name="pending_decision_batch",
                fields=["batch"],
                condition=models.Q(batch__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_name}: {self.decision}"


class Vote(models.Model):
    """What one of several people decided; enough of the same decide the task."""

    task = models.ForeignKey(UserTask, models.CASCADE, related_name="votes")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    user_name = models.CharField(max_length=150)
    decision = models.CharField(max_length=100)
    # the version of the task that was voted on: a change of the data asks everybody again
    version = models.PositiveIntegerField()
    answer = models.JSONField(default=dict)
    made_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(name="vote_once_per_person", fields=["task", "user"])
        ]

    def __str__(self) -> str:
        return f"{self.user_name}: {self.decision}"


class DecisionLink(models.Model):
    """A link sent by e-mail, with which one person decides one task, once; only its digest."""

    task = models.ForeignKey(UserTask, models.CASCADE, related_name="links")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.user}: {self.task}"
