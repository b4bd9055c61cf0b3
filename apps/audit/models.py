"""Seals over the history: what was recorded within an hour can't be changed unnoticed later."""

from django.db import models
from django.db.models.functions import Now


class AuditSeal(models.Model):
    """A seal over the events of some hours, and over the seal before it: a chain."""

    from_at = models.DateTimeField(unique=True)
    to_at = models.DateTimeField()
    n_events = models.BigIntegerField()
    digest = models.CharField(max_length=64)
    # by a key that is not in the database: who can write there can't make one
    mac = models.CharField(max_length=64)
    sealed_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["from_at"]
        constraints = [
            models.CheckConstraint(
                name="audit_seal_ends_after_it_begins",
                condition=models.Q(to_at__gt=models.F("from_at")),
            )
        ]

    def __str__(self) -> str:
        return f"{self.from_at} – {self.to_at}: {self.n_events}"
