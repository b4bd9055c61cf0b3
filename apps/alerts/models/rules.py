"""What people want to be told of."""

from django.conf import settings
from django.core.validators import URLValidator
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Folder, Team
from apps.accounts.permissions import FolderQuerySet
from apps.calendars.models import Calendar
from apps.lib.keys import KeyColumn

web_address = URLValidator(schemes=["http", "https"])


class Severity(models.TextChoices):
    """How much an alert matters. Told at once whatever the hour, or as its rule says."""

    CRITICAL = "critical", _("Critical")  # people must act now: never waits for working hours
    WARNING = "warning", _("Warning")  # people should look soon
    INFO = "info", _("For information")  # worth knowing; stands in the list, nobody is told


class AlertRule(models.Model):
    """Conditions under which an alert fires. At most one alert of a rule is open at a time."""

    class Status(models.TextChoices):
        ON = "on", _("On")  # is looked at; a person switches it off
        OFF = "off", _("Off")  # is not looked at; a person switches it on

    class Phase(models.TextChoices):
        """Where its conditions stand. Moved on by `lifecycle.looking` alone."""

        CALM = "calm", _("Calm")  # they do not hold
        PENDING = "pending", _("Not for long enough yet")  # they hold, since `phase_since`
        FIRING = "firing", _("Firing")  # an alert is open, and they hold
        CLEARING = "clearing", _("Ending")  # an alert is open, they do not hold any more
        DISMISSED = "dismissed", _("Resolved by hand")  # they hold; silent until they have ended

    class OutsideHours(models.TextChoices):
        """What becomes of telling people while the calendar is closed."""

        TELL = "tell", _("Tell them all the same")
        WAIT = "wait", _("Tell them when the hours begin, if it still fires")

    folder = models.ForeignKey(Folder, models.PROTECT, related_name="alert_rules")
    key = KeyColumn(_("key"), max_length=100)
    title = models.CharField(_("title"), max_length=150)
    description = models.TextField(_("description"), blank=True)
    # what people say about when: see docs/alerts.md
    rule = models.JSONField(_("when"), default=dict)
    severity = models.CharField(
        _("severity"), max_length=10, choices=Severity, default=Severity.WARNING
    )
    # who takes it, and is told; without both those who supervise the folder
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    team = models.ForeignKey(Team, models.SET_NULL, null=True, blank=True, related_name="+")
    runbook_url = models.CharField(
        _("runbook"), max_length=500, blank=True, validators=[web_address]
    )
    # alerts of one group are told together
    group = models.CharField(_("group"), max_length=60, blank=True)
    calendar = models.ForeignKey(
        Calendar, models.SET_NULL, null=True, blank=True, related_name="alert_rules"
    )
    outside_hours = models.CharField(
        _("outside these hours"), max_length=10, choices=OutsideHours, default=OutsideHours.TELL
    )
    status = models.CharField(max_length=5, choices=Status, default=Status.ON)
    # counts people's edits; what a page showed must still hold when it is sent back
    version = models.PositiveIntegerField(default=1)
    phase = models.CharField(max_length=10, choices=Phase, default=Phase.CALM)
    # since when; of what was resolved by hand: since when they do not hold, None while they do
    phase_since = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())

    objects = FolderQuerySet.as_manager()

    class Meta:
        ordering = ["title"]
        indexes = [
            # the scheduler, each few seconds
            models.Index(name="alert_rule_watched", fields=["id"], condition=models.Q(status="on")),
        ]
        constraints = [
            models.UniqueConstraint(
                name="alert_rule_key_once_per_folder", fields=["folder", "key"]
            ),
            models.CheckConstraint(
                name="alert_rule_that_waits_knows_hours",
                condition=~models.Q(outside_hours="wait") | models.Q(calendar__isnull=False),
            ),
            models.CheckConstraint(
                name="alert_rule_that_is_off_is_calm",
                condition=~models.Q(status="off") | models.Q(phase="calm"),
            ),
        ]

    def __str__(self) -> str:
        return self.title
