"""Decision tables, and how they came to their answers."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Folder
from apps.accounts.permissions import FolderQuerySet

from .definitions import WorkflowVersion


class Decision(models.Model):
    """A decision of a DMN model, known by its id there."""

    folder = models.ForeignKey(Folder, models.PROTECT, related_name="decisions")
    key = models.CharField(_("key"), max_length=150)
    title = models.CharField(_("title"), max_length=200)
    created_at = models.DateTimeField(db_default=Now())

    objects = FolderQuerySet.as_manager()

    class Meta:
        ordering = ["title", "id"]
        constraints = [
            models.UniqueConstraint(name="decision_key_once_per_folder", fields=["folder", "key"])
        ]

    def __str__(self) -> str:
        return self.title


class DecisionVersion(models.Model):
    """One state of a decision; never changed. `xml` is the whole model that it belongs to."""

    decision = models.ForeignKey(Decision, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    xml = models.TextField()
    digest = models.CharField(max_length=64)
    warnings = models.JSONField(default=list)
    version_tag = models.CharField(max_length=100, blank=True)
    source = models.CharField(max_length=10, choices=WorkflowVersion.Source, default="api")
    note = models.TextField(blank=True)
    deployed_at = models.DateTimeField(db_default=Now())
    deployed_by = models.CharField(max_length=150, blank=True)

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(
                name="decision_version_number_once", fields=["decision", "number"]
            ),
            models.UniqueConstraint(
                name="decision_version_content_once", fields=["decision", "digest"]
            ),
        ]

    def __str__(self) -> str:
        return f"{self.decision} v{self.number}"


class DecisionEvaluation(models.Model):
    """One answer: what went in, which rules matched, and what came out."""

    folder = models.ForeignKey(Folder, models.CASCADE, related_name="+", db_constraint=False)
    decision = models.ForeignKey(
        Decision, models.CASCADE, related_name="evaluations", db_constraint=False, db_index=False
    )
    version = models.ForeignKey(
        DecisionVersion, models.CASCADE, related_name="+", db_constraint=False, db_index=False
    )
    # whose business rule task asked; null: a person or a program
    instance_id = models.BigIntegerField(null=True)
    token = models.IntegerField(null=True)
    node = models.CharField(max_length=200, blank=True)
    # see dmn.DecisionResult
    evaluation = models.JSONField(default=dict)
    by = models.CharField(max_length=150, blank=True)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(name="evaluation_decision", fields=["decision", "-id"]),
            models.Index(
                name="evaluation_instance",
                fields=["instance_id", "id"],
                condition=models.Q(instance_id__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.decision} at {self.at:%Y-%m-%d %H:%M}"
