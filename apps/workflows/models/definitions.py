"""What is drawn: workflows, their versions, and what starts them."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Folder
from apps.accounts.permissions import FolderQuerySet


class Workflow(models.Model):
    """A drawn order of work, known by the id of its process; see `WorkflowVersion`."""

    folder = models.ForeignKey(Folder, models.PROTECT, related_name="workflows")
    key = models.CharField(_("key"), max_length=150)
    # of the latest version
    title = models.CharField(_("title"), max_length=200)
    created_at = models.DateTimeField(db_default=Now())

    objects = FolderQuerySet.as_manager()

    class Meta:
        ordering = ["title", "id"]
        constraints = [
            models.UniqueConstraint(name="workflow_key_once_per_folder", fields=["folder", "key"])
        ]

    def __str__(self) -> str:
        return self.title


class WorkflowVersion(models.Model):
    """One state of a workflow's drawing; never changed. The same content is the same version."""

    class Source(models.TextChoices):
        """Where it came from."""

        PAGE = "page", _("Uploaded")
        API = "api", _("API")
        CODE = "code", _("Code")
        DEMO = "demo", _("Demo")

    workflow = models.ForeignKey(Workflow, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    # the whole diagram, as it is executed
    xml = models.TextField()
    # as it was uploaded, when it had to be converted
    original = models.TextField(blank=True)
    digest = models.CharField(max_length=64)
    # a list of {"element", "line", "message", "advice"}
    warnings = models.JSONField(default=list)
    # the same, about what the conversion changed or could not carry over
    report = models.JSONField(default=list)
    input_schema = models.JSONField(default=dict)
    version_tag = models.CharField(max_length=100, blank=True)
    source = models.CharField(max_length=10, choices=Source, default=Source.API)
    note = models.TextField(blank=True)
    deployed_at = models.DateTimeField(db_default=Now())
    deployed_by = models.CharField(max_length=150, blank=True)

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(
                name="workflow_version_number_once", fields=["workflow", "number"]
            ),
            models.UniqueConstraint(
                name="workflow_version_content_once", fields=["workflow", "digest"]
            ),
        ]

    def __str__(self) -> str:
        return f"{self.workflow} v{self.number}"


class StartSubscription(models.Model):
    """What starts a new instance of a workflow's latest version: a time, a message, a signal."""

    class Kind(models.TextChoices):
        TIMER = "timer", _("Time")
        MESSAGE = "message", _("Message")
        SIGNAL = "signal", _("Signal")
        CONDITION = "condition", _("Condition")

    workflow = models.ForeignKey(Workflow, models.CASCADE, related_name="starts")
    version = models.ForeignKey(WorkflowVersion, models.CASCADE, related_name="starts")
    folder = models.ForeignKey(Folder, models.CASCADE, related_name="+")
    # the start element
    node = models.CharField(max_length=200)
    kind = models.CharField(max_length=10, choices=Kind)
    name = models.CharField(max_length=300, blank=True)
    due_at = models.DateTimeField(null=True)
    # how often the timer still repeats; null: for ever
    repeats = models.IntegerField(null=True, default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="start_subscription_once", fields=["workflow", "node"])
        ]
        indexes = [
            models.Index(
                name="start_subscription_due",
                fields=["due_at"],
                condition=models.Q(due_at__isnull=False),
            ),
            models.Index(name="start_subscription_name", fields=["folder", "kind", "name"]),
        ]

    def __str__(self) -> str:
        return f"{self.workflow}: {self.kind} {self.name or self.node}"
