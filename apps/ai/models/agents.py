"""Agents: the frame that each must keep to, and what each did, turn by turn."""

from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Folder
from apps.accounts.permissions import FolderQuerySet
from apps.lib.keys import KeyColumn

from .endpoints import ModelEndpoint


class AgentProfile(models.Model):
    """What an agent is to do, with which tools, and where it must stop."""

    folder = models.ForeignKey(Folder, models.PROTECT, related_name="agent_profiles")
    key = KeyColumn(_("key"), max_length=100)
    title = models.CharField(_("title"), max_length=150)
    goal = models.TextField(_("goal and instructions"))
    endpoint = models.ForeignKey(
        ModelEndpoint, models.PROTECT, related_name="agent_profiles", verbose_name=_("model")
    )
    # names of registered tools; a call of any other is refused
    tools = models.JSONField(_("tools it may use"), default=list, blank=True)
    # {name: [{column: value}]}: what the tool `look_up` finds
    tables = models.JSONField(_("tables to look up"), default=dict, blank=True)
    result_schema = models.JSONField(_("schema of the result"), default=dict, blank=True)
    max_steps = models.PositiveIntegerField(
        _("steps at most"), default=10, validators=[MinValueValidator(1), MaxValueValidator(200)]
    )
    max_seconds = models.PositiveIntegerField(
        _("seconds at work at most"),
        default=300,
        validators=[MinValueValidator(1), MaxValueValidator(86_400)],
    )
    max_cost = models.DecimalField(
        _("cost at most"), max_digits=12, decimal_places=4, default=Decimal(1)
    )
    max_tokens = models.PositiveIntegerField(_("tokens at most"), default=100_000)
    # counts up with each change: stored with each run, whose own copy says what it was
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(db_default=Now())

    objects = FolderQuerySet.as_manager()

    class Meta:
        ordering = ["title"]
        constraints = [
            models.UniqueConstraint(name="agent_profile_key_once", fields=["folder", "key"])
        ]

    def __str__(self) -> str:
        return self.title


class AgentRun(models.Model):
    """An agent at work on one item, over all tries of it until it ends."""

    class Status(models.TextChoices):
        RUNNING = "running", _("At work")  # or its bot was lost: the next try goes on with it
        WAITING = "waiting", _("Asks a person")  # goes on with the answer
        FINISHED = "finished", _("Finished")  # final
        OVER_LIMIT = "over_limit", _("Over its limit")  # final; a person has the item
        GAVE_UP = "gave_up", _("Gave up")  # final; a person has the item

    folder_id = models.BigIntegerField()
    profile = models.ForeignKey(AgentProfile, models.PROTECT, related_name="runs")
    item_id = models.BigIntegerField()
    run_id = models.BigIntegerField(null=True)
    # profile, tools, limits and model as they were: a changed profile changes no run under way
    frame = models.JSONField()
    status = models.CharField(max_length=10, choices=Status, default=Status.RUNNING)
    outcome = models.CharField(max_length=500, blank=True)
    output = models.JSONField(null=True)
    # the try of the item that ended it
    attempt = models.PositiveIntegerField(null=True)
    n_steps = models.PositiveIntegerField(default=0)
    tokens = models.PositiveIntegerField(default=0)
    cost = models.DecimalField(max_digits=14, decimal_places=6, default=Decimal(0))
    seconds = models.FloatField(default=0.0)  # at work; waiting for people does not count
    started_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True)

    objects = FolderQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="agent_run_one_open_per_item",
                fields=["item_id", "profile"],
                condition=models.Q(status__in=["running", "waiting"]),
            )
        ]
        indexes = [
            models.Index(name="agent_run_folder", fields=["folder_id", "-id"]),
            models.Index(name="agent_run_item", fields=["item_id"]),
        ]

    def __str__(self) -> str:
        return f"{self.profile} on #{self.item_id}"


class AgentTurn(models.Model):
    """One turn of a transcript, stored as it happens; never changed."""

    class Role(models.TextChoices):
        MODEL = "model", _("Agent")
        TOOL = "tool", _("Tool")
        PERSON = "person", _("Person")
        FRAME = "frame", _("Frame")  # what the control room told the agent

    run = models.ForeignKey(AgentRun, models.CASCADE, related_name="turns")
    # also what keeps a late bot from writing: the number is taken
    number = models.PositiveIntegerField()
    role = models.CharField(max_length=10, choices=Role)
    content = models.TextField(blank=True)
    # of the model: [{"id", "name", "arguments" (text as it came)}]
    calls = models.JSONField(default=list)
    # of tools and persons: which call it answers
    call_id = models.CharField(max_length=100, blank=True)
    tool = models.CharField(max_length=100, blank=True)
    arguments = models.JSONField(null=True)
    result = models.JSONField(null=True)
    is_error = models.BooleanField(default=False)
    decision = models.CharField(max_length=20, blank=True)
    who = models.CharField(max_length=150, blank=True)
    tokens_in = models.PositiveIntegerField(default=0)
    tokens_out = models.PositiveIntegerField(default=0)
    cost = models.DecimalField(max_digits=14, decimal_places=6, default=Decimal(0))
    seconds = models.FloatField(default=0.0)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(name="agent_turn_once", fields=["run", "number"])]

    def __str__(self) -> str:
        return f"{self.run_id}.{self.number} {self.role}"
