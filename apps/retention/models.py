"""What people said about a table, and the files that months were written to."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class Policy(models.Model):
    """How long the months of a table stay. No row: what the table was registered with."""

    table = models.CharField(max_length=63, unique=True)
    # the running month counts as none of them; null: all stay
    months = models.PositiveSmallIntegerField(null=True)
    # written to a file before they go
    archives = models.BooleanField(default=False)
    # counts people's edits; what a page showed must still hold when it is sent back
    version = models.PositiveIntegerField(default=1)

    class Meta:
        verbose_name_plural = "policies"
        constraints = [
            models.CheckConstraint(
                name="policy_keeps_a_month",
                condition=models.Q(months=None) | models.Q(months__gte=1),
            )
        ]

    def __str__(self) -> str:
        return f"{self.table}: {self.months or 'all'}"


class Archive(models.Model):
    """One month of a table in a file. Only `lifecycle` writes a status."""

    class Status(models.TextChoices):
        # whole on disk, its rows are in the database as well; dropping them moves it on
        WRITTEN = "written", _("Written, month still there")
        DROPPED = "dropped", _("Archived")  # final: its rows are in the file alone

    table = models.CharField(max_length=63)
    month = models.DateField()
    status = models.CharField(max_length=10, choices=Status, default=Status.WRITTEN)
    # below the directory of archives
    path = models.CharField(max_length=200)
    rows = models.BigIntegerField()
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    written_at = models.DateTimeField(db_default=Now())
    dropped_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-month", "table", "-id"]
        constraints = [
            models.UniqueConstraint(
                name="archive_waits_once_per_month",
                fields=["table", "month"],
                condition=models.Q(status="written"),
            ),
            models.CheckConstraint(
                name="archive_dropped_has_time",
                condition=models.Q(status="dropped", dropped_at__isnull=False)
                | models.Q(status="written", dropped_at=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.table} {self.month:%Y-%m}"
