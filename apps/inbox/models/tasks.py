"""A task: a decision that waits for people, and how it ended."""

from datetime import UTC, datetime
from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce, Now, Upper
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Folder, Team
from apps.accounts.permissions import FolderQuerySet
from apps.lib.json import JsonObject
from apps.queues.models import WorkItem, WorkQueue

# when something without a deadline is due, for sorting
SOME_DAY = datetime(9999, 1, 1, tzinfo=UTC)


class UserTaskQuerySet(FolderQuerySet):
    def open(self) -> Self:
        return self.filter(status=UserTask.Status.OPEN)

    def closed(self) -> Self:
        return self.exclude(status=UserTask.Status.OPEN)

    def in_hands_of(self, user_id: int) -> Self:
        """Assigned to that person, or being worked on by them right now."""
        working = models.Q(working_by=user_id, working_until__gt=Now())
        return self.filter(models.Q(assignee=user_id) | working)


class UserTask(models.Model):
    """A decision that a person must take. Only inbox/lifecycle.py writes `status`."""

    class Status(models.TextChoices):
        OPEN = "open", _("Needs a person")  # waits for a decision
        COMPLETED = "completed", _("Done")  # final: decided
        CANCELLED = "cancelled", _("Cancelled")  # final: no longer needed
        EXPIRED = "expired", _("Expired")  # final: its time ran out

    class Kind(models.TextChoices):
        DATA_PROBLEM = "data_problem", _("Data problem")
        SYSTEM_PROBLEM = "system_problem", _("System problem")
        UNKNOWN_EFFECT = "unknown_effect", _("Did it happen?")
        FORM = "form", _("Task")  # a step of a workflow that people do
        INCIDENT = "incident", _("Needs repair")  # a step that can't go on by itself
        VALIDATION = "validation", _("Check what AI read")  # an AI gate was not sure enough
        SECOND_LOOK = "second_look", _("Second look")  # a blind sample of what a gate let through
        QUESTION = "question", _("Question")  # an automation asks before it goes on
        APPROVAL = "approval", _("Approval")  # a program asks by API

    # made by workflows, not by items: they have an instance and a token
    OF_WORKFLOWS = (Kind.FORM, Kind.INCIDENT)
    # the item, if there is one, does not wait for these
    BESIDE_THE_WORK = (Kind.SECOND_LOOK, Kind.APPROVAL)

    # found by the index that begins with it
    folder = models.ForeignKey(Folder, models.PROTECT, related_name="user_tasks", db_index=False)
    kind = models.CharField(max_length=20, choices=Kind)
    status = models.CharField(max_length=10, choices=Status, default=Status.OPEN)
    title = models.CharField(max_length=300)
    reason = models.TextField()
    code = models.CharField(max_length=100, blank=True)
    queue = models.ForeignKey(WorkQueue, models.PROTECT, null=True, related_name="user_tasks")
    item = models.ForeignKey(
        WorkItem, models.PROTECT, null=True, related_name="user_tasks", db_constraint=False
    )
    attempt = models.PositiveIntegerField(default=0)
    # the instance that waits for this, or that the item belongs to: a number of a layer above
    instance_id = models.BigIntegerField(null=True)
    token = models.IntegerField(null=True)
    # whom the workflow offers it to, in its own words
    candidate_groups = models.JSONField(default=list)
    candidate_users = models.JSONField(default=list)
    # who may decide, as tokens: “user:5”, “team:3”, “role:supervisor”; nobody named: whoever may
    # decide in the folder
    offered_to = ArrayField(models.CharField(max_length=60), default=list)
    # people who may not: they did an earlier step (four eyes)
    excluded = ArrayField(models.BigIntegerField(), default=list)
    # whose pool it lies in, for the team view; also one of `offered_to`
    team = models.ForeignKey(
        Team, models.SET_NULL, null=True, blank=True, related_name="user_tasks"
    )
    # how many people must decide the same way
    votes_needed = models.PositiveSmallIntegerField(default=1)
    # how it is handed out and what happens as time goes by: a copy of what held when it was made,
    # see handling.Handling
    handling = models.JSONField(default=dict)
    # rungs of the ladder that have been taken, and when the next is due; null: none is left
    rungs_taken = models.PositiveSmallIntegerField(default=0)
    next_rung_at = models.DateTimeField(null=True)
    at_risk_at = models.DateTimeField(null=True)
    # the clock stands still since then: its instance is paused
    stopped_at = models.DateTimeField(null=True)
    # nobody wants to see it before
    snoozed_until = models.DateTimeField(null=True)
    snoozed_by_name = models.CharField(max_length=150, blank=True, default="", db_default="")
    # what tasks for the same decision have in common, "" for tasks that are like no other
    alike = models.CharField(max_length=64, blank=True)
    # what AI read and which of it is doubtful, see predicted.Predicted; {} for nothing
    predictions = models.JSONField(default=dict)
    follow_up_at = models.DateTimeField(null=True)
    priority = models.SmallIntegerField(default=50)
    instructions = models.TextField(blank=True)
    # since when the item waits for this decision: tells one wait from the next
    parked_at = models.DateTimeField(null=True)
    # the form as it was when the task was made, and the values the person starts from
    form = models.JSONField(default=dict)
    values = models.JSONField(default=dict)
    item_version = models.PositiveIntegerField(default=1)
    # {version: values} that somebody may still be looking at
    earlier_values = models.JSONField(default=dict)
    # see decisions.Decision
    decisions = models.JSONField(default=list)
    # what else the page needs: {"cause", "field", "effects": [{"key", "begun_at"}]} of items,
    # {"workflow", "step", "element", "assignee"} of steps, {"result"} that was set for one
    facts = models.JSONField(default=dict)
    # counts changes of what the person decides about; what they saw must still hold
    version = models.PositiveIntegerField(default=1)
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="user_tasks"
    )
    # who typed last, and how long that counts: others see it, nobody is locked out
    working_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    working_until = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    urgent_at = models.GeneratedField(
        expression=Coalesce("due_at", models.Value(SOME_DAY)),
        output_field=models.DateTimeField(),
        db_persist=True,
    )
    created_at = models.DateTimeField(db_default=Now())
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="decisions"
    )
    decided_by_name = models.CharField(max_length=150, blank=True)
    decision = models.CharField(max_length=100, blank=True)
    decision_values = models.JSONField(null=True)
    decision_comment = models.TextField(blank=True)
    decision_reference = models.CharField(max_length=300, blank=True)
    # why fields were corrected: {dotted path: code of a reason}
    correction_reasons = models.JSONField(default=dict)

    objects = UserTaskQuerySet.as_manager()

    class Meta:
        ordering = ["urgent_at", "id"]
        indexes = [
            # all there ever were, as programs list them
            models.Index(name="user_task_of_folder", fields=["folder", "urgent_at", "id"]),
            # the inbox: most urgent first
            models.Index(
                name="user_task_open",
                fields=["folder", "urgent_at", "id"],
                condition=models.Q(status="open"),
            ),
            models.Index(
                name="user_task_assignee",
                fields=["assignee", "urgent_at", "id"],
                condition=models.Q(status="open", assignee__isnull=False),
            ),
            # lists narrowed to a queue
            models.Index(
                name="user_task_queue",
                fields=["queue", "urgent_at", "id"],
                condition=models.Q(status="open", queue__isnull=False),
            ),
            # … to a kind, to the code of an exception, to a workflow, to what is at risk
            models.Index(
                name="user_task_kind",
                fields=["folder", "kind", "urgent_at", "id"],
                condition=models.Q(status="open"),
            ),
            models.Index(
                name="user_task_code",
                fields=["folder", "code", "urgent_at", "id"],
                condition=models.Q(status="open") & ~models.Q(code=""),
            ),
            models.Index(
                "folder",
                KeyTextTransform("workflow", "facts"),
                "urgent_at",
                name="user_task_workflow",
                condition=models.Q(status="open", facts__has_key="workflow"),
            ),
            models.Index(
                name="user_task_at_risk",
                fields=["folder", "at_risk_at"],
                condition=models.Q(status="open", at_risk_at__isnull=False),
            ),
            # what programs asked, by what they call it
            models.Index(
                "folder",
                KeyTextTransform("reference", "facts"),
                name="user_task_reference",
                condition=models.Q(kind="approval"),
            ),
            # what nobody has yet: few among many that are assigned, or many
            models.Index(
                name="user_task_unassigned",
                fields=["folder", "urgent_at", "id"],
                condition=models.Q(status="open", assignee__isnull=True),
            ),
            # "mine": what a person is typing into
            models.Index(
                name="user_task_working",
                fields=["working_by"],
                condition=models.Q(status="open", working_by__isnull=False),
            ),
            # "my teams", where they have few tasks among many
            GinIndex(
                name="user_task_offered_to",
                fields=["offered_to"],
                condition=models.Q(status="open"),
            ),
            # words anywhere in the title or the reason, as `icontains` asks for them
            GinIndex(
                OpClass(Upper("title"), "gin_trgm_ops"),
                OpClass(Upper("reason"), "gin_trgm_ops"),
                name="user_task_words",
            ),
            # the team view counts all open tasks in one pass, and must not read the tasks for it
            models.Index(
                name="user_task_team_view",
                fields=["folder", "queue", "assignee", "team"],
                include=[
                    *("created_at", "due_at", "at_risk_at"),
                    *("stopped_at", "snoozed_until", "id"),
                ],
                condition=models.Q(status="open"),
            ),
            models.Index(
                name="user_task_snoozed",
                fields=["folder", "snoozed_until"],
                condition=models.Q(status="open", snoozed_until__isnull=False),
            ),
            # the same of several folders: by folder first, all of them would be sorted for a page
            models.Index(
                name="user_task_open_anywhere",
                fields=["urgent_at", "id"],
                condition=models.Q(status="open"),
            ),
            # since when somebody has been waiting
            models.Index(
                name="user_task_oldest",
                fields=["created_at"],
                condition=models.Q(status="open"),
            ),
            # how people decided what is alike: what rules are learnt from
            models.Index(
                name="user_task_alike_decided",
                fields=["folder", "alike", "-decided_at"],
                condition=models.Q(status="completed") & ~models.Q(alike=""),
            ),
            # groups of what is alike, each with its most urgent
            models.Index(
                name="user_task_alike",
                fields=["folder", "alike", "urgent_at"],
                condition=models.Q(status="open") & ~models.Q(alike=""),
            ),
            models.Index(
                name="user_task_next_rung",
                fields=["next_rung_at"],
                condition=models.Q(status="open", next_rung_at__isnull=False),
            ),
            # "recently decided"
            models.Index(
                name="user_task_closed",
                fields=["folder", "-decided_at", "-id"],
                condition=~models.Q(status="open"),
            ),
            # what an instance waits for, and asked before
            models.Index(
                name="user_task_instance",
                fields=["instance_id", "token"],
                condition=models.Q(instance_id__isnull=False),
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                name="user_task_one_open_per_item",
                fields=["item"],
                condition=models.Q(status="open") & ~models.Q(kind__in=["second_look", "approval"]),
            ),
            models.UniqueConstraint(
                name="user_task_one_second_look_per_try",
                fields=["item", "attempt"],
                condition=models.Q(kind="second_look"),
            ),
            models.UniqueConstraint(
                name="user_task_one_open_per_token",
                fields=["instance_id", "token", "kind"],
                condition=models.Q(status="open", kind__in=["form", "incident"]),
            ),
            models.CheckConstraint(
                name="user_task_completed_has_decision",
                condition=~models.Q(status="completed") | ~models.Q(decision=""),
            ),
            models.CheckConstraint(
                name="user_task_closed_has_time",
                condition=models.Q(status="open") | models.Q(decided_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_open(self) -> bool:
        return self.status == self.Status.OPEN

    @property
    def is_of_workflow(self) -> bool:
        """Whether a workflow asks, about a step; else a queue does, about an item."""
        return self.kind in self.OF_WORKFLOWS

    @property
    def item_number(self) -> int:
        """The item that the decision is about; only tasks of workflows may have none."""
        if self.item_id is None:
            raise ValueError(f"{self} is not about an item.")
        return self.item_id

    @property
    def has_own_due(self) -> bool:
        """Whether its due time is its own, whenever its item is due."""
        return self.kind in self.BESIDE_THE_WORK or bool(self.facts.get("has_own_due"))

    def values_at(self, version: int) -> JsonObject:
        """Return the values as a person saw them who looked at `version`."""
        found = self.values if version == self.version else self.earlier_values.get(str(version))
        return found if isinstance(found, dict) else self.values
