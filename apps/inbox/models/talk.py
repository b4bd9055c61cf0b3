"""What people type, say and attach beside a task."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.safestring import SafeString

from apps.inbox.markdown import html_of

from .tasks import UserTask


class Draft(models.Model):
    """What a person typed and has not sent: a reload or a sign-out loses nothing."""

    task = models.ForeignKey(UserTask, models.CASCADE, related_name="drafts")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)
    # {name of the control: [texts]}, as a browser sends it
    values = models.JSONField(default=dict)
    saved_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(name="draft_once_per_person", fields=["task", "user"])
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.task}"


class Comment(models.Model):
    """Something a person wrote beside a task."""

    task = models.ForeignKey(UserTask, models.CASCADE, related_name="comments")
    author_name = models.CharField(max_length=150)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT)
    text = models.TextField(max_length=10_000)
    # ids of the people named with @: they were told
    mentions = models.JSONField(default=list)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.author_name}: {self.text[:40]}"

    @property
    def html(self) -> SafeString:
        """What was written, as HTML that may stand in a page."""
        return html_of(self.text)


class TaskFile(models.Model):
    """A document that a person attached to a task."""

    task = models.ForeignKey(UserTask, models.CASCADE, related_name="files")
    name = models.CharField(max_length=255)
    content_type = models.CharField(max_length=100)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    file = models.FileField(upload_to="tasks/%Y/%m/%d", max_length=300)
    added_at = models.DateTimeField(db_default=Now())
    added_by = models.CharField(max_length=150, blank=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name
