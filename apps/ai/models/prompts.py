"""What models are told, in versions that never change."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Folder
from apps.accounts.permissions import FolderQuerySet
from apps.lib.keys import KeyColumn


class Prompt(models.Model):
    """A named instruction. What it says is in its versions."""

    folder = models.ForeignKey(Folder, models.PROTECT, related_name="prompts")
    key = KeyColumn(_("key"), max_length=100)
    title = models.CharField(_("title"), max_length=150)
    created_at = models.DateTimeField(db_default=Now())

    objects = FolderQuerySet.as_manager()

    class Meta:
        ordering = ["title"]
        constraints = [models.UniqueConstraint(name="prompt_key_once", fields=["folder", "key"])]

    def __str__(self) -> str:
        return self.title


class PromptVersion(models.Model):
    """What a prompt says, and the schema of the answer; written once."""

    prompt = models.ForeignKey(Prompt, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    # {{name}} is replaced by a setting of the step: never by data of the item
    text = models.TextField(_("instruction"))
    schema = models.JSONField(_("schema of the answer"), default=dict)
    document_class = models.CharField(_("document class"), max_length=100, blank=True)
    note = models.CharField(_("what changed"), max_length=300, blank=True)
    made_by = models.CharField(max_length=150, blank=True)
    made_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(name="prompt_version_once", fields=["prompt", "number"])
        ]

    def __str__(self) -> str:
        return f"{self.prompt.key} v{self.number}"
