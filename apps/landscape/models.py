"""What went from one thing to another, by day; what diagrams name. All can be counted anew."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class Kind(models.TextChoices):
    """What stands on the map, in the order of its layers."""

    TRIGGER = "trigger", _("Trigger")
    WORKFLOW = "workflow", _("Workflow")
    QUEUE = "queue", _("Queue")
    AUTOMATION = "automation", _("Automation")
    APPLICATION = "application", _("Application")


class Flow(models.Model):
    """How much went from one thing to another on one day (of UTC), outside or inside of diagrams.

    `target_kind` "" is the work of the source itself: what it did, and how much of it failed.
    """

    class Way(models.TextChoices):
        SET_UP = "set_up", _("As set up")  # a trigger's target, a diagram, a queue's automation
        HIDDEN = "hidden", _("Hidden chain")  # a bot added items to another queue by itself

    day = models.DateField()
    source_kind = models.CharField(max_length=12, choices=Kind)
    source_id = models.BigIntegerField()
    target_kind = models.CharField(max_length=12, choices=Kind, blank=True, default="")
    target_id = models.BigIntegerField(default=0)
    way = models.CharField(max_length=10, choices=Way, default=Way.SET_UP)
    n = models.BigIntegerField()
    failed = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="flow_once_a_day",
                fields=["day", "source_kind", "source_id", "target_kind", "target_id", "way"],
            )
        ]

    def __str__(self) -> str:
        return f"{self.source_kind}:{self.source_id} → {self.target_kind}:{self.target_id}"


class FlowDay(models.Model):
    """A day that was counted; final once it was counted when it was long over."""

    day = models.DateField(primary_key=True)
    counted_at = models.DateTimeField(db_default=Now())
    is_final = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"{self.day}"


class Drawn(models.Model):
    """What a version of a workflow names: read from its diagram once, since it never changes."""

    version_id = models.BigIntegerField(primary_key=True)
    queues = ArrayField(models.CharField(max_length=150), default=list)
    # workflows that it calls
    calls = ArrayField(models.CharField(max_length=150), default=list)

    class Meta:
        verbose_name_plural = "drawn"

    def __str__(self) -> str:
        return f"{self.version_id}"
