"""What people were asked, what they saw, and what they decided: before and after."""

from collections.abc import Iterator
from typing import Any, Final

from apps.inbox.changes import changes_between
from apps.inbox.models import UserTask
from apps.lib.json import JsonObject

from .scope import Hidden, Scope, named, unmarked

MOST_COMMENTS: Final = 500
OF_TASK = (
    *("id", "version", "kind", "status", "title", "reason", "code", "item_id", "attempt"),
    *("instance_id", "token", "instructions", "created_at", "due_at", "votes_needed"),
    *("candidate_groups", "candidate_users", "offered_to", "excluded"),
)
OF_FILE = ("id", "name", "content_type", "size", "sha256", "added_at", "added_by")
OF_PREDICTED = ("confidence", "threshold", "source", "region", "is_doubtful")


def tasks(scope: Scope) -> Iterator[JsonObject]:
    rows = UserTask.objects.filter(pk__in=list(scope.subjects.tasks)).order_by("pk")
    related = rows.select_related("queue", "team", "assignee")
    for task in related.iterator(chunk_size=50):
        yield {
            **named(task, OF_TASK),
            "queue": task.queue.key if task.queue else None,
            "team": task.team.key if task.team else None,
            "assignee": task.assignee.username if task.assignee else None,
            "workflow": task.facts.get("workflow"),
            "step": task.facts.get("step"),
            "form": task.form,
            "choices": task.decisions,
            "predictions": _predictions(scope, task),
            "decided": _decided(scope, task),
            "votes": _votes(scope, task),
            "comments": _comments(task),
            "files": [named(each, OF_FILE) for each in task.files.order_by("pk")[:100]],
        }


def _decided(scope: Scope, task: UserTask) -> JsonObject:
    """Return the values before and after; nothing after while it is open."""
    before = scope.answers(task.values, task.form)
    if task.decided_at is None:
        return {"before": before}
    after = task.decision_values
    return {
        "before": before,
        "after": scope.answers(after, task.form),
        "changes": _changes(scope, task, after),
        "decision": task.decision,
        "by": task.decided_by_name,
        "by_id": task.decided_by_id,
        "at": task.decided_at.isoformat(),
        "comment": task.decision_comment,
        "reference": task.decision_reference,
        "correction_reasons": task.correction_reasons,
    }


def _changes(scope: Scope, task: UserTask, after: Any) -> list[Any]:
    if not isinstance(after, dict):
        return []
    form = unmarked(task.form) if scope.reveals else task.form
    return [*changes_between(task.values, after, form)]


def _predictions(scope: Scope, task: UserTask) -> JsonObject | None:
    """Return what a model read; `is_blind`: whoever decided did not see it."""
    said = task.predictions
    if not said or (said.get("is_blind") and task.is_open):
        return None
    hidden = Hidden.by(task.form)
    names = ("model", "model_version", "document_class", "gate_id", "gate_version", "is_blind")
    fields = {
        path: {
            "value": scope.at(path, each.get("value"), hidden),
            **{name: each.get(name) for name in OF_PREDICTED},
        }
        for path, each in dict(said.get("fields") or {}).items()
    }
    return {**{name: said.get(name) for name in names}, "fields": fields}


def _votes(scope: Scope, task: UserTask) -> list[Any]:
    votes = task.votes.order_by("pk") if task.votes_needed > 1 else []
    return [
        {
            **named(vote, ("decision", "user_id", "user_name", "made_at", "version")),
            "values": scope.answers(vote.answer.get("values"), task.form),
        }
        for vote in votes
    ]


def _comments(task: UserTask) -> list[Any]:
    names = ("author_name", "created_at", "text")
    return [named(each, names) for each in task.comments.order_by("pk")[:MOST_COMMENTS]]
