"""The last forecast of each queue, so that lists and triggers need not simulate."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.queues.models import WorkQueue


class Foretold(models.Model):
    """What was foretold last; made anew by upkeep, and by whoever looks at the queue's forecast."""

    class Basis(models.TextChoices):
        NONE = "none", _("Nothing measured yet")  # nothing is foretold
        FEW = "few", _("Little measured yet")  # bounds are wide
        GOOD = "good", _("Measured")

    queue = models.OneToOneField(
        WorkQueue, models.CASCADE, primary_key=True, related_name="foretold"
    )
    made_at = models.DateTimeField()
    horizon_seconds = models.PositiveIntegerField()
    basis = models.CharField(max_length=5, choices=Basis, default=Basis.NONE)
    # paused, stopped, no_bot or no_runs: nothing is worked now; "" otherwise
    held = models.CharField(max_length=10, blank=True, default="")
    is_empty = models.BooleanField(default=False)
    slots = models.PositiveIntegerField(default=0)
    # by then 10, 50 and 90 of 100 simulated days were empty; null: not within the horizon
    cleared_low = models.DateTimeField(null=True)
    cleared_at = models.DateTimeField(null=True)
    cleared_high = models.DateTimeField(null=True)
    # that something due within the horizon will be late; null: nothing is ever due
    miss_chance = models.FloatField(null=True)

    class Meta:
        verbose_name_plural = "foretold"
        indexes = [models.Index(name="foretold_oldest", fields=["made_at"])]
        constraints = [
            models.CheckConstraint(
                name="foretold_chance_is_a_share",
                condition=models.Q(miss_chance=None)
                | models.Q(miss_chance__gte=0, miss_chance__lte=1),
            )
        ]

    def __str__(self) -> str:
        return f"{self.queue_id} at {self.made_at:%Y-%m-%d %H:%M}"
