"""What automations read with AI, how sure they must be, and what people answered them."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Folder
from apps.accounts.permissions import FolderQuerySet
from apps.lib.keys import KeyColumn


class Gate(models.Model):
    """How sure a model must be for its values to go on without a person.

    A queue names its gate; the step of a workflow may name another. Changed thresholds hold from
    the next result on; each prediction keeps which version of the gate let it through.
    """

    folder = models.ForeignKey(Folder, models.PROTECT, related_name="gates")
    key = KeyColumn(_("key"), max_length=100)
    title = models.CharField(_("title"), max_length=150)
    # see engine.gates.Rules: {"default": 0.8, "fields": {field: 0.9},
    # "classes": {document class: {field: 0.95}}}
    thresholds = models.JSONField(_("thresholds"), default=dict)
    # of what goes through, this share is looked at once more by somebody who sees no AI values
    sample_share = models.FloatField(_("share for a second look"), default=0.05)
    # the form in which people check values: a JSON Schema of the output; {}: made from the values
    form = models.JSONField(_("form"), default=dict, blank=True)
    version = models.PositiveIntegerField(default=1)
    is_on = models.BooleanField(_("in use"), default=True)
    created_at = models.DateTimeField(db_default=Now())

    objects = FolderQuerySet.as_manager()

    class Meta:
        ordering = ["title"]
        constraints = [
            models.UniqueConstraint(name="gate_key_once_per_folder", fields=["folder", "key"]),
            models.CheckConstraint(
                name="gate_share_is_one",
                condition=models.Q(sample_share__gte=0, sample_share__lte=1),
            ),
        ]

    def __str__(self) -> str:
        return self.title


class Prediction(models.Model):
    """One value that a model read for one try of an item, and how sure it said it was."""

    class Went(models.TextChoices):
        PASSED = "passed", _("Went through")
        PERSON = "person", _("Checked by a person")
        SAMPLED = "sampled", _("Went through, sampled for a second look")
        NO_GATE = "no_gate", _("No gate")

    folder_id = models.BigIntegerField()
    item_id = models.BigIntegerField()
    attempt = models.PositiveIntegerField()
    gate_id = models.BigIntegerField(null=True)
    gate_version = models.PositiveIntegerField(default=0)
    field = models.CharField(max_length=200)
    value = models.JSONField(null=True)
    confidence = models.FloatField()
    threshold = models.FloatField(null=True)
    went = models.CharField(max_length=10, choices=Went, default=Went.NO_GATE)
    source = models.CharField(max_length=300, blank=True)
    # {"file": name, "page": 1, "box": [left, top, right, bottom] as shares of the page}
    region = models.JSONField(null=True)
    model = models.CharField(max_length=200)
    model_version = models.CharField(max_length=100, blank=True)
    # what the model was asked, or a name and version of it
    prompt = models.TextField(blank=True)
    document_class = models.CharField(max_length=100, blank=True)
    made_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [
            models.Index(name="prediction_item", fields=["item_id", "attempt"]),
            models.Index(name="prediction_gate", fields=["gate_id", "field", "-made_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.field} of #{self.item_id}: {self.confidence:.2f}"


class ItemAnswer(models.Model):
    """What a person answered to a question that an automation asked about an item."""

    item_id = models.BigIntegerField()
    key = models.CharField(max_length=100)
    decision = models.CharField(max_length=100)
    values = models.JSONField(default=dict)
    comment = models.TextField(blank=True)
    answered_by = models.CharField(max_length=150)
    answered_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(name="item_answer_once", fields=["item_id", "key"])]

    def __str__(self) -> str:
        return f"{self.key}: {self.decision}"
