"""Items as they came and as they are, and every try at them."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from apps.bots.models import LogLine, Run
from apps.events.models import Event
from apps.lib.json import JsonObject
from apps.queues.models import (
    Attempt,
    Effect,
    Ended,
    ItemAnswer,
    ItemFile,
    Parked,
    Prediction,
    WorkItem,
)
from apps.queues.owners import owner_of

from .origin import as_it_came
from .scope import Hidden, Scope, named

MOST_TRIES: Final = 2_000
MOST_LINES: Final = 5_000
MOST_PREDICTIONS: Final = 5_000
MOST_SMALL: Final = 1_000
OF_ITEM = (
    *("id", "reference", "priority", "entered_at", "available_at", "due_at", "expires_at"),
    *("version", "origin", "added_by"),
)
OF_TRY = (
    *("item_id", "number", "outcome", "bot", "run_id", "started_at", "ended_at", "code"),
    *("message", "error_class", "detail"),
)
OF_RUN = (
    *("id", "status", "created_at", "started_at", "ended_at", "exit_reason", "started_because"),
    *("stop_requested_by", "source", "n_successful", "n_failed"),
)
OF_LINE = (
    *("at", "level", "message", "run_id", "item_id", "attempt", "instance_id", "token", "step"),
    *("correlation_id", "fields"),
)
OF_PREDICTION = (
    *("item_id", "attempt", "field", "confidence", "threshold", "went", "gate_id", "gate_version"),
    *("source", "model", "model_version", "document_class", "made_at"),
)
OF_EFFECT = ("item_id", "key", "state", "reference", "attempt", "begun_at", "finished_at", "settled_by")  # fmt: skip  # noqa: E501
OF_FILE = ("id", "item_id", "name", "content_type", "size", "sha256", "added_at", "added_by")


def hidden_of_items(scope: Scope) -> dict[int, Hidden]:
    """Return what is personal of each item; one look at each queue's schema."""
    by_queue: dict[int, Hidden] = {}
    for item in scope.subjects.items.values():
        if item.queue_id not in by_queue:
            by_queue[item.queue_id] = Hidden.by(item.queue.payload_schema)
    return {pk: by_queue[item.queue_id] for pk, item in scope.subjects.items.items()}


def items(scope: Scope) -> Iterator[JsonObject]:
    pks = list(scope.subjects.items)
    edits = _edits(pks)
    ends = {each.item_id: each for each in Ended.objects.filter(item_id__in=pks)}
    parked = {each.item_id: each for each in Parked.objects.filter(item_id__in=pks)}
    rows = WorkItem.objects.filter(pk__in=pks).select_related("queue").order_by("pk")
    for item in rows.iterator(chunk_size=50):
        queue, changes = item.queue, edits[item.pk]
        payload = scope.values(item.payload, queue.payload_schema)
        owner = owner_of(item.pk)
        end, wait = ends.get(item.pk), parked.get(item.pk)
        yield {
            **named(item, OF_ITEM),
            "status": scope.subjects.items[item.pk].status,
            "queue": {"id": queue.pk, "key": queue.key, "title": queue.title},
            "payload_schema": queue.payload_schema,
            "instance": owner.owner_id if owner else None,
            "as_it_came": as_it_came(payload, changes, n_changes=item.version - 1),
            "as_it_is": payload,
            "ended": named(end, ("status", "at", "by", "note")) if end else None,
            "waits": named(wait, ("status", "cause", "message")) if wait else None,
            "changes": [_edit(event) for event in changes],
        }


def answers(scope: Scope) -> Iterator[JsonObject]:
    """What people answered about items, as bots got it."""
    rows = ItemAnswer.objects.filter(item_id__in=list(scope.subjects.items)).order_by("pk")
    for each in scope.at_most(rows, MOST_SMALL, _("Answers")):
        schema = scope.subjects.items[each.item_id].queue.payload_schema
        yield {
            **named(each, ("item_id", "key", "decision", "comment", "answered_by", "answered_at")),
            "values": scope.values(each.values, schema),
        }


def effects(scope: Scope) -> Iterator[JsonObject]:
    rows = Effect.objects.filter(item_id__in=list(scope.subjects.items)).order_by("pk")
    for each in scope.at_most(rows, MOST_SMALL, _("Acts that can't be undone")):
        yield named(each, OF_EFFECT)


def files(scope: Scope) -> Iterator[JsonObject]:
    rows = ItemFile.objects.filter(item_id__in=list(scope.subjects.items)).order_by("pk")
    for each in scope.at_most(rows, MOST_SMALL, _("Files")):
        yield named(each, OF_FILE)


def attempts(scope: Scope) -> Iterator[JsonObject]:
    rows = Attempt.objects.filter(item_id__in=list(scope.subjects.items))
    ordered = rows.order_by("item_id", "number", "ended_at")
    runs = {run.pk: run for run in scope.subjects.runs.values()}
    for each in scope.at_most(ordered, MOST_TRIES, _("Tries")):
        schema = scope.subjects.items[each.item_id].queue.payload_schema
        run = runs.get(each.run_id or 0)
        yield {
            **named(each, OF_TRY),
            "automation": _version(run) if run else None,
            "output": scope.values(each.output, schema),
        }


def runs(scope: Scope) -> Iterator[JsonObject]:
    for run in scope.subjects.runs.values():
        yield {
            **named(run, OF_RUN),
            "bot": run.bot.name if run.bot else None,
            "automation": _version(run),
        }


def log_lines(scope: Scope) -> Iterator[JsonObject]:
    """What was said about the items and instances; what else a run said is of other work."""
    chosen = {"item_id": list(scope.subjects.items), "instance_id": list(scope.subjects.instances)}
    for column, pks in chosen.items():
        of_these = {f"{column}__in": pks, "folder_id": scope.folder.pk}
        rows = LogLine.objects.filter(**of_these).order_by("at", "id")
        if column == "instance_id":
            rows = rows.exclude(item_id__in=chosen["item_id"])
        for line in scope.at_most(rows, MOST_LINES, _("Lines of the log")) if pks else ():
            yield named(line, OF_LINE)


def predictions(scope: Scope) -> Iterator[JsonObject]:
    hidden = hidden_of_items(scope)
    rows = Prediction.objects.filter(item_id__in=list(scope.subjects.items))
    ordered = rows.order_by("item_id", "attempt", "pk")
    for each in scope.at_most(ordered, MOST_PREDICTIONS, _("What models read")):
        yield {
            **named(each, OF_PREDICTION),
            "value": scope.at(each.field, each.value, hidden[each.item_id]),
            "prompt": scope.text(each.prompt, hidden[each.item_id]),
        }


def _edits(pks: list[int]) -> dict[int, list[Event]]:
    """Return the events that changed the items, the oldest first."""
    found: dict[int, list[Event]] = defaultdict(list)
    rows = Event.objects.filter(subject_type="item", subject_id__in=pks, data__has_key="changes")
    for event in rows.order_by("occurred_at", "id"):
        if isinstance(event.data.get("changes"), dict):
            found[event.subject_id].append(event)
    return found


def _edit(event: Event) -> JsonObject:
    return {
        "at": event.occurred_at.isoformat(),
        "by": event.actor_name,
        "what": event.kind,
        "reason": str(event.data.get("reason") or ""),
        "fields": event.data["changes"],
    }


def _version(run: Run) -> dict[str, Any]:
    version = run.version
    return {
        "key": version.automation.key,
        "version": version.number,
        "function": version.function,
        "fingerprint": version.fingerprint,
        "released_at": version.created_at,
    }
