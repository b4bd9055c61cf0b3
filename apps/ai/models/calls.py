"""What was asked of models, what it cost, and what came of it."""

from decimal import Decimal

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from apps.accounts.permissions import FolderQuerySet

from .endpoints import ModelEndpoint


class ModelCall(models.Model):
    """One call of a model. The row is there before the call, so that it counts while it runs."""

    class Outcome(models.TextChoices):
        RUNNING = "running", _("Under way")
        ANSWERED = "answered", _("Answered")  # final; the answer holds to its schema
        REFUSED = "refused", _("Refused")  # final; the server said no: key, quota, bad request
        FAILED = "failed", _("Failed")  # final; nothing usable came: away, too slow, broken
        MALFORMED = "malformed", _("Not as asked")  # final; an answer, but not the schema's
        LOST = "lost", _("Nobody knows")  # final; the caller died, the cost is taken as spent

    folder_id = models.BigIntegerField()
    endpoint = models.ForeignKey(ModelEndpoint, models.CASCADE, related_name="calls")
    model = models.CharField(max_length=200)
    model_version = models.CharField(max_length=100, blank=True)
    use = models.CharField(max_length=120)
    item_id = models.BigIntegerField(null=True)
    run_id = models.BigIntegerField(null=True)
    agent_run_id = models.BigIntegerField(null=True)
    prompt = models.CharField(max_length=100, blank=True)
    prompt_version = models.CharField(max_length=40, blank=True)
    is_repair = models.BooleanField(default=False)
    is_probe = models.BooleanField(default=False)
    outcome = models.CharField(max_length=10, choices=Outcome, default=Outcome.RUNNING)
    error = models.CharField(max_length=500, blank=True)
    tokens_in = models.PositiveIntegerField(default=0)
    tokens_out = models.PositiveIntegerField(default=0)
    # while it runs: the most that it may cost
    cost = models.DecimalField(max_digits=14, decimal_places=6, default=Decimal(0))
    seconds = models.FloatField(null=True)
    at = models.DateTimeField(db_default=Now())
    ends_by = models.DateTimeField()  # after that a running call counts as lost
    # cut to a bounded size, and emptied after a while (see upkeep)
    asked = models.TextField(blank=True)
    answered = models.TextField(blank=True)

    objects = FolderQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(name="model_call_endpoint", fields=["endpoint", "-at"]),
            models.Index(name="model_call_folder", fields=["folder_id", "-id"]),
            models.Index(
                name="model_call_item",
                fields=["item_id"],
                condition=models.Q(item_id__isnull=False),
            ),
            # what is reserved now, and what was lost
            models.Index(
                name="model_call_running",
                fields=["endpoint", "ends_by"],
                condition=models.Q(outcome="running"),
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.use}: {self.outcome}"


class UsageDay(models.Model):
    """What one use of a model did on one day (UTC); kept when the calls are long gone."""

    endpoint = models.ForeignKey(ModelEndpoint, models.CASCADE, related_name="days")
    use = models.CharField(max_length=120)
    day = models.DateField()
    n_calls = models.PositiveIntegerField(default=0)
    n_errors = models.PositiveIntegerField(default=0)
    tokens_in = models.PositiveBigIntegerField(default=0)
    tokens_out = models.PositiveBigIntegerField(default=0)
    cost = models.DecimalField(max_digits=16, decimal_places=6, default=Decimal(0))

    class Meta:
        constraints = [
            models.UniqueConstraint(name="usage_day_once", fields=["endpoint", "use", "day"])
        ]

    def __str__(self) -> str:
        return f"{self.use} on {self.day}: {self.cost}"
