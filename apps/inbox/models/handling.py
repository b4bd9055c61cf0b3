"""How tasks of one sort are handed out, and what happens as time goes by."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Folder, Team
from apps.accounts.permissions import FolderQuerySet
from apps.calendars.models import Calendar
from apps.queues.models import WorkQueue


class HandlingRule(models.Model):
    """For the tasks that it matches: whose they are, when they are due, what happens if late.

    Of the rules of a folder the first that matches a new task holds; a task keeps a copy.
    """

    class Assignment(models.TextChoices):
        POOL = "pool", _("Whoever takes it")
        ROUND_ROBIN = "round_robin", _("Each in turn")
        LEAST_LOADED = "least_loaded", _("Whoever has the fewest")

    folder = models.ForeignKey(Folder, models.PROTECT, related_name="handling_rules")
    position = models.PositiveIntegerField(_("order"), default=100)
    title = models.CharField(_("title"), max_length=150)
    is_on = models.BooleanField(_("in use"), default=True)
    # what it matches; empty matches everything
    kind = models.CharField(_("kind of task"), max_length=20, blank=True)
    queue = models.ForeignKey(
        WorkQueue, models.CASCADE, null=True, blank=True, related_name="handling_rules"
    )
    workflow = models.CharField(_("key of the workflow"), max_length=200, blank=True)
    step = models.CharField(_("id of the step"), max_length=200, blank=True)
    code = models.CharField(_("code of the exception"), max_length=100, blank=True)
    # what it says
    team = models.ForeignKey(
        Team, models.SET_NULL, null=True, blank=True, related_name="handling_rules"
    )
    assignment = models.CharField(
        _("handed out"), max_length=20, choices=Assignment, default=Assignment.POOL
    )
    votes_needed = models.PositiveSmallIntegerField(_("people who must agree"), default=1)
    due_seconds = models.PositiveIntegerField(_("due after, in seconds"), null=True, blank=True)
    calendar = models.ForeignKey(
        Calendar, models.SET_NULL, null=True, blank=True, related_name="handling_rules"
    )
    at_risk_share = models.FloatField(_("at risk after this share of the time"), default=0.75)
    # rungs in order, see handling.Rung
    ladder = models.JSONField(_("escalation"), default=list, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    objects = FolderQuerySet.as_manager()

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.CheckConstraint(
                name="handling_rule_somebody_decides", condition=models.Q(votes_needed__gte=1)
            ),
            models.CheckConstraint(
                name="handling_rule_share_is_one",
                condition=models.Q(at_risk_share__gt=0, at_risk_share__lte=1),
            ),
        ]

    def __str__(self) -> str:
        return self.title


class Turn(models.Model):
    """Whose turn it was last where each gets one in turn: for a rule, or a step of a diagram."""

    folder = models.ForeignKey(Folder, models.CASCADE, related_name="+")
    # “rule:5”, or “step:” with the key of the workflow and the id of the step
    key = models.CharField(max_length=420)
    last_user_id = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="turn_key_once_per_folder", fields=["folder", "key"])
        ]

    def __str__(self) -> str:
        return self.key
