"""Times without telling, what checks in, and when the rules were looked at last."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Folder
from apps.accounts.permissions import FolderQuerySet
from apps.lib.keys import KeyColumn

from .rules import AlertRule


class SilenceQuerySet(FolderQuerySet):
    def now(self) -> "SilenceQuerySet":
        """Those that hold now, on the database's clock."""
        found: SilenceQuerySet = self.filter(starts_at__lte=Now(), ends_at__gt=Now())
        return found


class Silence(models.Model):
    """A time in which nobody is told of a rule's alerts, or of a folder's. Always has an end."""

    folder = models.ForeignKey(Folder, models.CASCADE, related_name="silences")
    # None: all alerts of the folder
    rule = models.ForeignKey(AlertRule, models.CASCADE, null=True, related_name="silences")
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    reason = models.CharField(_("reason"), max_length=300)
    by = models.CharField(max_length=150, blank=True)
    made_at = models.DateTimeField(db_default=Now())

    objects = SilenceQuerySet.as_manager()

    class Meta:
        ordering = ["-ends_at", "-id"]
        indexes = [models.Index(name="silence_of_folder", fields=["folder", "-ends_at"])]
        constraints = [
            models.CheckConstraint(
                name="silence_ends_after_it_starts",
                condition=models.Q(ends_at__gt=models.F("starts_at")),
            )
        ]

    def __str__(self) -> str:
        return self.reason


class CheckIn(models.Model):
    """When a program elsewhere said last that it is well: a condition looks at its silence."""

    folder = models.ForeignKey(Folder, models.CASCADE, related_name="check_ins")
    key = KeyColumn(max_length=100)
    at = models.DateTimeField(db_default=Now())
    by = models.CharField(max_length=150, blank=True)

    objects = FolderQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="check_in_once_per_folder", fields=["folder", "key"])
        ]

    def __str__(self) -> str:
        return self.key


class Watch(models.Model):
    """When all rules were looked at last: one row. Whoever locks it looks; the others need not."""

    is_only = models.BooleanField(primary_key=True, default=True)
    looked_at = models.DateTimeField(null=True)
    n_rules = models.PositiveIntegerField(default=0)
    milliseconds = models.PositiveIntegerField(default=0)
    # the outside check that is told that all is well, see docs/alerts.md
    pinged_at = models.DateTimeField(null=True)
    ping_failed_at = models.DateTimeField(null=True)
    ping_error = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="watch_is_one_row", condition=models.Q(is_only=True))
        ]

    def __str__(self) -> str:
        return f"{self.n_rules} rules, {self.looked_at}"
