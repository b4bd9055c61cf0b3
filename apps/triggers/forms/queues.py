"""A trigger that starts work because items wait: three numbers in a sentence, and what hurries."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from apps.accounts.models import Folder
from apps.lib.json import JsonObject
from apps.queues.models import WorkQueue
from apps.triggers.models import Trigger

from .base import TriggerForm
from .fields import LengthField

MOST = 10_000
MOST_AT_ONCE = 100
# what the rule calls it → the field
HURRYING = {"oldest_seconds": "oldest", "due_within_seconds": "due_within"}


class QueueForm(TriggerForm):
    """A trigger that starts as many as the items of a queue need."""

    kind = Trigger.Kind.QUEUE
    template = "triggers/kinds/_queue.html"
    STARTS = ("run", "workflow")
    WHAT_IF = ("calendar", "on_closed", "disable_after_failures", "owner")
    OF_RULE = (
        "watched_queue",
        "min_items",
        "items_per_start",
        "max_active",
        *HURRYING.values(),
        "late",
    )
    RULE_FIELDS = {"queue": "watched_queue", "miss_chance": "late", **HURRYING}  # noqa: RUF012 - a constant

    watched_queue = forms.ChoiceField(label=gettext_lazy("When items wait in"))
    min_items = forms.IntegerField(
        label=gettext_lazy("from so many on"), min_value=1, max_value=MOST
    )
    items_per_start = forms.IntegerField(
        label=gettext_lazy("start one for every"), min_value=1, max_value=MOST
    )
    max_active = forms.IntegerField(
        label=gettext_lazy("at a time at most"), min_value=1, max_value=MOST_AT_ONCE
    )
    oldest = LengthField(
        label=gettext_lazy("The oldest has waited for"),
        required=False,
        help_text=gettext_lazy("As in 15 min."),
    )
    due_within = LengthField(
        label=gettext_lazy("One is due within"),
        required=False,
        help_text=gettext_lazy("As in 1 h."),
    )
    late = forms.IntegerField(
        label=gettext_lazy("Chance that something is late, in %"),
        required=False,
        min_value=1,
        max_value=100,
        help_text=gettext_lazy("By the forecast of the queue."),
    )

    @classmethod
    def usual_fields(cls) -> dict[str, Any]:
        return {**super().usual_fields(), "min_items": 1, "items_per_start": 10, "max_active": 1}

    @classmethod
    def rule_fields(cls, rule: JsonObject) -> dict[str, Any]:
        kept = {name: rule.get(name, 1) for name in ("min_items", "items_per_start", "max_active")}
        hurried = {field: rule.get(name) for name, field in HURRYING.items()}
        chance = rule.get("miss_chance")
        late = round(100 * chance) if isinstance(chance, int | float) else None
        return {"watched_queue": rule.get("queue"), **kept, **hurried, "late": late}

    def rule(self, said: dict[str, Any]) -> JsonObject:
        kept = {name: said[name] for name in ("min_items", "items_per_start", "max_active")}
        hurried = {name: said[field] for name, field in HURRYING.items() if said.get(field)}
        late = {"miss_chance": said["late"] / 100} if said.get("late") else {}
        return {"queue": said["watched_queue"], **kept, **hurried, **late}

    def fill_choices(self, folder: Folder) -> None:
        super().fill_choices(folder)
        queues = WorkQueue.objects.filter(folder=folder).order_by("title")
        self.choose_row("watched_queue", queues.values_list("key", "title"))

    @property
    def is_hurried(self) -> bool:
        return any(self[name].value() for name in (*HURRYING.values(), "late"))
