"""What people said about values that models read, and thresholds adopted because of it."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Folder
from apps.accounts.permissions import FolderQuerySet
from apps.inbox.models import UserTask
from apps.queues.models import Gate


class Verdict(models.Model):
    """One look of a person at one value; a copy of the prediction's facts, never changed."""

    class Kind(models.TextChoices):
        VALIDATION = "validation", _("Doubtful")
        SECOND_LOOK = "second_look", _("Second look")
        # on the same page as a doubtful value; nobody had to look, so it proves nothing
        BESIDE = "beside", _("Beside a doubtful one")

    COUNTED = (Kind.VALIDATION, Kind.SECOND_LOOK)

    folder = models.ForeignKey(Folder, models.PROTECT, related_name="verdicts")
    gate = models.ForeignKey(Gate, models.SET_NULL, null=True, related_name="verdicts")
    gate_version = models.PositiveIntegerField(default=0)
    task = models.ForeignKey(UserTask, models.CASCADE, related_name="verdicts")
    kind = models.CharField(max_length=20, choices=Kind)
    # the dotted path in the task's values, and the field with any place in a list: “lines.*.net”
    path = models.CharField(max_length=200)
    field = models.CharField(max_length=200)
    model = models.CharField(max_length=200)
    model_version = models.CharField(max_length=100, blank=True)
    # of a long prompt its beginning; the prediction has all of it
    prompt = models.CharField(max_length=200, blank=True)
    document_class = models.CharField(max_length=100, blank=True)
    confidence = models.FloatField()
    threshold = models.FloatField(null=True)
    # of how many values this is the one that was looked at: 1 of a validation, 1 / share of a
    # second look
    weight = models.FloatField(default=1)
    is_right = models.BooleanField()
    # what was read and what people made of it; null for personal values, which are not copied
    value = models.JSONField(null=True)
    corrected = models.JSONField(null=True)
    reason = models.CharField(max_length=100, blank=True)
    decided_by = models.CharField(max_length=150, blank=True)
    decided_at = models.DateTimeField()
    made_at = models.DateTimeField(db_default=Now())

    objects = FolderQuerySet.as_manager()

    class Meta:
        ordering = ["-decided_at", "-id"]
        indexes = [
            # the calibration of a gate
            models.Index(name="verdict_gate", fields=["gate", "field", "-decided_at"]),
        ]
        constraints = [
            models.UniqueConstraint(name="verdict_once_per_value", fields=["task", "path"]),
            models.CheckConstraint(
                name="verdict_confidence_is_a_share",
                condition=models.Q(confidence__gte=0, confidence__lte=1),
            ),
            models.CheckConstraint(
                name="verdict_stands_for_one", condition=models.Q(weight__gte=1)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.field}: {self.confidence:.2f}"


class Adoption(models.Model):
    """Thresholds that a person adopted or put back, and those before: the way back."""

    folder = models.ForeignKey(Folder, models.PROTECT, related_name="adoptions")
    gate = models.ForeignKey(Gate, models.CASCADE, related_name="adoptions")
    # null: put back what was before
    wanted_error = models.FloatField(null=True)
    before = models.JSONField()
    after = models.JSONField()
    gate_version = models.PositiveIntegerField()
    # what was promised: {"sent_share", "sent_per_day", "fields": {field: {"threshold", …}}}
    promised = models.JSONField(default=dict)
    adopted_by = models.CharField(max_length=150)
    adopted_at = models.DateTimeField(db_default=Now())

    objects = FolderQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.gate}, version {self.gate_version}"
