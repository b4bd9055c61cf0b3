"""Deciding for programs: effective at once; recalled while nothing has followed from it."""

from typing import Any

from ninja import Schema
from pydantic import Field

from apps.accounts.http import TokenRequest
from apps.accounts.permissions import Action, require

from . import lifecycle
from .api_common import find_task, router, visible_tasks
from .api_schemas import DecideIn, TaskDetail, TaskOut, task_detail_out, task_out
from .decisions import MAX_REASON, MAX_REFERENCE, THROW, Decision, pick


class RecallIn(Schema):
    reason: str = Field("", max_length=2000)


class DecideManyIn(Schema):
    tasks: list[int] = Field(min_length=1, max_length=lifecycle.MAX_TASKS)
    versions: dict[int, int] = Field(
        {}, description="{id: version} that were seen; missing: whatever it is now"
    )
    decision: str = Field(max_length=100)
    values: dict[str, Any] = Field({}, description="replace each task's own; others stay")
    reason: str = ""
    reference: str = ""
    comment: str = ""
    preview: bool = Field(False, description="only say what would change")


class ManyResult(Schema):
    task: int
    title: str
    outcome: str = Field(description="`decided`, `voted`, `lost`, `refused`; `would` in a preview")
    message: str
    changes: list[dict[str, Any]]


class ManyOut(Schema):
    results: list[ManyResult]


@router.post("/decide-many", response=ManyOut, summary="Decide up to 200 tasks alike")
def decide_many(request: TokenRequest, body: DecideManyIn) -> dict[str, Any]:
    """Each task is decided by itself, at once; the answer says what became of each.

    They must be alike: of one kind, with the same form and decisions. What a rule or a schema
    (`"x-bulk": false`) wants to be decided by itself is refused, with all of them.
    """
    require(request.rights, Action.DECIDE, request.folder.pk)
    wanted = list(dict.fromkeys(body.tasks))
    found = visible_tasks(request).in_bulk([pk for pk in wanted if 0 < pk < 2**63])
    said = lifecycle.ForAll(
        decision=body.decision,
        values=body.values,
        reason=body.reason or body.comment[:MAX_REASON],
        reference=body.reference,
        comment=body.comment,
    )
    results = lifecycle.decide_many(
        [found[pk] for pk in wanted if pk in found],
        said,
        by=request.actor,
        versions=body.versions,
        is_preview=body.preview,
    )
    unknown = [
        {
            "task": pk,
            "title": "",
            "outcome": "refused",
            "message": f"There is no user task {pk} in this folder.",
            "changes": [],
        }
        for pk in wanted
        if pk not in found
    ]
    return {"results": [*map(_many_out, results), *unknown]}


def _many_out(result: lifecycle.TaskResult) -> dict[str, Any]:
    return {
        "task": result.task_id,
        "title": result.title,
        "outcome": result.outcome,
        "message": result.message,
        "changes": list(result.changes),
    }


@router.post("/{int:task_id}/decide", response=TaskDetail, summary="Decide a task")
def decide(request: TokenRequest, task_id: int, body: DecideIn) -> dict[str, Any]:
    """Exactly one decision is taken, on the version that was seen.

    `values` replaces the named values of the task, the others stay; personal values that are sent
    back masked stay as they are. A missing `reason` or `reference` is looked for in `values`, then
    the comment is taken. 409 says who decided what and when, be it that it takes effect only soon.

    Where several people must agree, this is a vote: the task stays open until enough have said the
    same. `doubtful` fields must be changed, or named in `confirmed`; 422 names those that are not.

    About an incident: `edit_and_retry` sets the variables in `values`, `set_result` takes `result`
    (or `values`) as what the step found, `throw` raises the error `code`.
    """
    task = find_task(request, task_id, Action.DECIDE)
    decision = pick(task.decisions, body.decision)
    lifecycle.decide(
        task,
        lifecycle.Answer(
            decision=decision.key,
            version=body.version,
            payload=None
            if body.values is None or not decision.takes_values
            else lifecycle.laid_over(task, body.values),
            result=body.values if body.result is None else body.result,
            reason=body.reason or _said(decision, body, "reason", MAX_REASON),
            reference=_reference(decision, body),
            comment=body.comment,
            confirmed=frozenset(body.confirmed),
            correction_reasons=body.correction_reasons,
        ),
        by=request.actor,
    )
    return task_detail_out(find_task(request, task_id))


@router.post("/{int:task_id}/recall", response=TaskOut, summary="Take a decision back")
def recall(request: TokenRequest, task_id: int, body: RecallIn | None = None) -> dict[str, Any]:
    """While no bot has picked the item up: it waits for a decision again, with its data as before.

    By who decided, or who may operate the folder. 409 says what has followed from it. A vote, and
    a decision that has not taken effect, are taken back by their own person.
    """
    task = find_task(request, task_id, Action.DECIDE)
    reason = body.reason if body is not None else ""
    lifecycle.recall_decision(task, by=request.actor, reason=reason)
    return task_out(find_task(request, task_id))


def _reference(decision: Decision, body: DecideIn) -> str:
    name = "code" if decision.key == THROW.key else "reference"
    said = body.reference or (body.code if name == "code" else "")
    return said or _said(decision, body, name, MAX_REFERENCE)


def _said(decision: Decision, body: DecideIn, name: str, longest: int) -> str:
    """Return what a program said elsewhere: among values that are not data, or as the comment."""
    among_values = None if decision.takes_values else (body.values or {}).get(name)
    said = among_values if isinstance(among_values, str) else body.comment
    return said[:longest]
