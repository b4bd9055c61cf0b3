"""Where an instance stands: rows that steps write. Their fields are those of `engine.state`."""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from .instances import WorkflowInstance


def _of_instance(related_name: str) -> Any:
    """The instance of a row; its primary key begins with it, so it needs no index."""
    return models.ForeignKey(
        WorkflowInstance,
        models.CASCADE,
        related_name=related_name,
        db_constraint=False,
        db_index=False,
    )


class Scope(models.Model):
    """A process, subprocess, event subprocess, a loop's body, or one pass of a loop."""

    class Kind(models.TextChoices):
        PROCESS = "process"
        SUBPROCESS = "subprocess"
        EVENT_SUBPROCESS = "event_subprocess"
        LOOP = "loop"

    pk = models.CompositePrimaryKey("instance_id", "number")
    instance = _of_instance("scopes")
    number = models.IntegerField()
    node = models.CharField(max_length=200)
    kind = models.CharField(max_length=20, choices=Kind)
    # the scope around it, and the token there that waits for it
    parent = models.IntegerField(null=True)
    token = models.IntegerField(null=True)
    variables = models.JSONField(default=dict)
    counts = models.JSONField(default=dict)

    class Meta:
        indexes = [
            # not the instance first: then it would be taken where the primary key is meant
            models.Index(
                name="scope_parent",
                fields=["parent", "instance"],
                condition=models.Q(parent__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return f"{self.node} ({self.instance_id}/{self.number})"


class Token(models.Model):
    """One place where the instance waits."""

    class WaitsFor(models.TextChoices):
        """Why it stands still, in the words of people."""

        ITEM = "item", _("A bot")
        ITEMS = "items", _("Bots")
        TASK = "task", _("A person")
        EVENT = "event", _("Something to happen")
        GATE = "gate", _("The first of several things to happen")
        JOIN = "join", _("Other branches")
        SCOPE = "scope", _("What is inside")
        CHILD = "child", _("Another workflow")
        INCIDENT = "incident", _("A repair")
        COMPENSATION = "compensation", _("Steps being undone")

    pk = models.CompositePrimaryKey("instance_id", "number")
    instance = _of_instance("tokens")
    number = models.IntegerField()
    scope = models.IntegerField()
    node = models.CharField(max_length=200)
    waits_for = models.CharField(max_length=15, choices=WaitsFor)
    entered_at = models.DateTimeField()
    came_by = models.CharField(max_length=200, blank=True)
    local = models.JSONField(default=dict)
    facts = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(name="token_scope", fields=["scope", "instance"])]

    def __str__(self) -> str:
        return f"{self.node} ({self.instance_id}/{self.number}) waits for {self.waits_for}"


class Subscription(models.Model):
    """What a token or a scope listens for."""

    class Kind(models.TextChoices):
        TIMER = "timer", _("Time")
        MESSAGE = "message", _("Message")
        SIGNAL = "signal", _("Signal")
        CONDITION = "condition", _("Condition")

    pk = models.CompositePrimaryKey("instance_id", "number")
    instance = _of_instance("subscriptions")
    number = models.IntegerField()
    folder_id = models.BigIntegerField()
    workflow_id = models.BigIntegerField()
    scope = models.IntegerField()
    node = models.CharField(max_length=200)
    kind = models.CharField(max_length=10, choices=Kind)
    token = models.IntegerField(null=True)
    name = models.CharField(max_length=300, blank=True)
    key = models.CharField(max_length=300, blank=True)
    # null while the instance is paused: then `held_until` has it
    due_at = models.DateTimeField(null=True)
    held_until = models.DateTimeField(null=True)
    repeats = models.IntegerField(null=True, default=0)
    reads = ArrayField(models.CharField(max_length=200), default=list)
    was_true = models.BooleanField(default=False)

    class Meta:
        indexes = [
            models.Index(
                name="subscription_due",
                fields=["due_at"],
                condition=models.Q(due_at__isnull=False),
            ),
            models.Index(
                name="subscription_name",
                fields=["folder_id", "kind", "name", "key"],
                condition=models.Q(kind__in=["message", "signal"]),
            ),
            models.Index(name="subscription_scope", fields=["scope", "instance", "token"]),
        ]

    def __str__(self) -> str:
        return f"{self.node} ({self.instance_id}/{self.number}): {self.kind} {self.name}"


class Undoable(models.Model):
    """A completed activity that its compensation handler can undo."""

    pk = models.CompositePrimaryKey("instance_id", "number")
    instance = _of_instance("undoables")
    number = models.IntegerField()
    scope = models.IntegerField()
    node = models.CharField(max_length=200)
    variables = models.JSONField(default=dict)

    def __str__(self) -> str:
        return f"{self.node} ({self.instance_id}/{self.number})"


class FanOut(models.Model):
    """A token that waits for many work items: `total` of them."""

    pk = models.CompositePrimaryKey("instance_id", "token")
    instance = _of_instance("fan_outs")
    token = models.IntegerField()
    total = models.IntegerField()

    def __str__(self) -> str:
        return f"{self.instance_id}/{self.token}: {self.total}"


class PassResult(models.Model):
    """How one item of a fan-out ended; gone when the step is complete."""

    pk = models.CompositePrimaryKey("instance_id", "token", "index")
    instance = _of_instance("pass_results")
    token = models.IntegerField()
    index = models.IntegerField()
    status = models.CharField(max_length=10)
    output = models.JSONField(null=True)
    code = models.CharField(max_length=200, blank=True)
    message = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"{self.instance_id}/{self.token}[{self.index}] {self.status}"


class PassCount(models.Model):
    """How many results came in together: summing these is cheaper than counting results."""

    instance_id = models.BigIntegerField()
    token = models.IntegerField()
    n = models.IntegerField()
    failed = models.IntegerField(default=0)

    class Meta:
        indexes = [models.Index(name="pass_count_token", fields=["instance_id", "token"])]

    def __str__(self) -> str:
        return f"{self.instance_id}/{self.token} +{self.n}"
