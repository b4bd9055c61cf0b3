"""Alerts: what fires, who has taken it, and what people say about it."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Folder, Team
from apps.accounts.permissions import FolderQuerySet

from .rules import AlertRule, Severity

MAX_COMMENT = 2_000


class AlertQuerySet(FolderQuerySet):
    def open(self) -> "AlertQuerySet":
        found: AlertQuerySet = self.exclude(status=Alert.Status.RESOLVED)
        return found


class Alert(models.Model):
    """Something that people are to know: of a rule, of a trigger, of an application that fails."""

    class Status(models.TextChoices):
        FIRING = "firing", _("Firing")  # nobody has said that they care for it
        ACKNOWLEDGED = "acknowledged", _("Acknowledged")  # a person cares for it
        SNOOZED = "snoozed", _("Snoozed")  # by a person; at `snoozed_until` it fires again
        RESOLVED = "resolved", _("Resolved")  # final: its conditions ended, or a person said so

    class Source(models.TextChoices):
        RULE = "rule", _("Rule")  # ends when the conditions of its rule have ended
        TRIGGER = "trigger", _("Trigger")  # a trigger raised it; a person resolves it
        APPLICATION = "application", _("Application")  # ends when the application works again

    class End(models.TextChoices):
        """Why it is resolved."""

        NONE = "", "–"
        CLEARED = "cleared", _("It ended by itself")
        PERSON = "person", _("Somebody resolved it")
        CHANGED = "changed", _("Its rule was changed, switched off or removed")

    folder = models.ForeignKey(Folder, models.PROTECT, related_name="alerts")
    source = models.CharField(max_length=12, choices=Source, default=Source.RULE)
    # what it comes from, such as rule:12: one of it is open at a time
    source_key = models.CharField(max_length=60)
    rule = models.ForeignKey(AlertRule, models.SET_NULL, null=True, related_name="alerts")
    title = models.CharField(max_length=200)
    # what was so when it fired, in words
    text = models.TextField(blank=True)
    severity = models.CharField(max_length=10, choices=Severity, default=Severity.WARNING)
    runbook_url = models.CharField(max_length=500, blank=True)
    group = models.CharField(max_length=60, blank=True)
    # what was measured: [{condition, value, holds}]
    seen = models.JSONField(default=list)
    # how often a trigger has raised it meanwhile
    count = models.PositiveIntegerField(default=1)
    # the last that was counted in: told twice, it counts once
    last_event = models.BigIntegerField(null=True)

    status = models.CharField(max_length=12, choices=Status, default=Status.FIRING)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="alerts"
    )
    team = models.ForeignKey(Team, models.SET_NULL, null=True, related_name="+")
    # since when its conditions hold, and when it fired
    since = models.DateTimeField(db_default=Now())
    fired_at = models.DateTimeField(db_default=Now())
    # the first time; kept when it fires again after a snooze
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.CharField(max_length=150, blank=True)
    snoozed_until = models.DateTimeField(null=True)
    resolved_at = models.DateTimeField(null=True)
    resolved_by = models.CharField(max_length=150, blank=True)
    end = models.CharField(max_length=10, choices=End, default=End.NONE, blank=True)
    # whether people are still to be told; when they were, and under which heap of notices
    is_to_tell = models.BooleanField(default=True)
    told_at = models.DateTimeField(null=True)
    told_as = models.CharField(max_length=200, blank=True)

    objects = AlertQuerySet.as_manager()

    class Meta:
        ordering = ["-fired_at", "-id"]
        indexes = [
            # what is open in a folder
            models.Index(
                name="alert_open",
                fields=["folder", "-fired_at", "-id"],
                condition=~models.Q(status="resolved"),
            ),
            # what was, newest first
            models.Index(
                name="alert_resolved",
                fields=["folder", "-resolved_at", "-id"],
                condition=models.Q(status="resolved"),
            ),
            # the scheduler: who is still to be told
            models.Index(
                name="alert_to_tell",
                fields=["id"],
                condition=models.Q(is_to_tell=True),
            ),
            models.Index(
                name="alert_snoozed",
                fields=["snoozed_until"],
                condition=models.Q(status="snoozed"),
            ),
            # the noise of rules
            models.Index(name="alert_of_rule", fields=["rule", "-fired_at"]),
            # storms: how many a folder was told of lately
            models.Index(name="alert_told", fields=["folder", "-told_at"]),
        ]
        constraints = [
            models.UniqueConstraint(
                name="alert_open_once_per_source",
                fields=["folder", "source_key"],
                condition=~models.Q(status="resolved"),
            ),
            models.CheckConstraint(
                name="alert_resolved_has_time_and_reason",
                condition=models.Q(status="resolved", resolved_at__isnull=False) & ~models.Q(end="")
                | ~models.Q(status="resolved") & models.Q(resolved_at__isnull=True, end=""),
            ),
            models.CheckConstraint(
                name="alert_snoozed_has_an_end",
                condition=models.Q(status="snoozed", snoozed_until__isnull=False)
                | ~models.Q(status="snoozed") & models.Q(snoozed_until__isnull=True),
            ),
            models.CheckConstraint(
                name="alert_resolved_is_not_to_tell",
                condition=~models.Q(status="resolved") | models.Q(is_to_tell=False),
            ),
        ]

    def __str__(self) -> str:
        return self.title


class AlertComment(models.Model):
    """What a person said about an alert; never changed."""

    alert = models.ForeignKey(Alert, models.CASCADE, related_name="comments")
    text = models.TextField(max_length=MAX_COMMENT)
    by = models.CharField(max_length=150)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return self.text[:60]
