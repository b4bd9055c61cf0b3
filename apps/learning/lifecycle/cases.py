"""Tasks as cases to learn from, and which tasks a rule may decide at all."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from apps.inbox.changes import same_json
from apps.inbox.decisions import decisions_of
from apps.inbox.models import UserTask
from apps.learning.fields import MISSING, Personal, leaves
from apps.learning.patterns import Case
from apps.lib.json import Json, JsonObject

Kind = UserTask.Kind

# Never: what AI read differs from document to document, whether something happened is known by
# looking alone, repairs and approvals are for people.
LEARNT_KINDS = (Kind.DATA_PROBLEM, Kind.SYSTEM_PROBLEM, Kind.FORM, Kind.QUESTION)
MAX_TEXT = 500
MOST_CASES = 1_000


def may_be_ruled(task: UserTask) -> bool:
    """Say whether a rule may decide this task, and its decision be learnt from.

    Never where several must agree, where who may decide depends on who did an earlier step, or
    where what follows can't be undone.
    """
    handling = task.handling or {}
    return (
        task.kind in LEARNT_KINDS
        and bool(task.alike)
        and task.votes_needed == 1
        and not task.excluded
        and not handling.get("not_like_steps")
        and handling.get("may_bulk", True)
        and not task.facts.get("effects")
    )


def cases_of(tasks: Iterable[UserTask]) -> list[Case]:
    """Return what people decided, as far as it may be learnt from."""
    return [case for task in tasks if (case := case_of(task)) is not None]


def case_of(task: UserTask) -> Case | None:
    """Return None for what no person decided, or no rule may decide."""
    if task.decided_by_id is None or task.decided_at is None or not may_be_ruled(task):
        return None
    offered = {each.key: each for each in decisions_of(task.decisions)}
    decision = offered.get(task.decision)
    if decision is None:
        return None
    corrections: tuple[tuple[str, Json], ...] | None = ()
    if decision.needs_reference or decision.needs_result:
        corrections = None  # a rule has no proof to give
    elif decision.takes_values and task.decision_values is not None:
        corrections = _corrections(task)
    return Case(
        task_id=task.pk,
        at=task.decided_at,
        by=task.decided_by_id,
        decision=task.decision,
        values=facts_of(task),
        corrections=corrections,
        reason=task.decision_comment,
    )


def decided_alike(folder_id: int, alike: str) -> list[UserTask]:
    """Return the tasks of one sort that people decided last."""
    decided = UserTask.objects.filter(
        folder=folder_id,
        alike=alike,
        status=UserTask.Status.COMPLETED,
        decided_by__isnull=False,
    )
    return list(decided.order_by("-decided_at", "-id")[:MOST_CASES])


def facts_of(task: UserTask) -> dict[str, Json]:
    """Return the plain values of a task that are not personal, by path."""
    personal = Personal(task.form)
    return {
        path: value
        for path, value in leaves(task.values)
        if not personal.covers(path) and _is_plain(value)
    }


def corrected(values: JsonObject, corrections: Mapping[str, Json]) -> JsonObject:
    """Return a copy of `values` with these at their paths."""
    result: dict[str, Any] = dict(values)
    for path, value in corrections.items():
        *above, last = path.split(".")
        here = result
        for name in above:
            here[name] = dict(here[name]) if isinstance(here.get(name), dict) else {}
            here = here[name]
        here[last] = value
    return result


def _corrections(task: UserTask) -> tuple[tuple[str, Json], ...] | None:
    """Return what was changed; None if that is more than plain values, or personal."""
    personal = Personal(task.form)
    changed = list(_changed(task.values, task.decision_values, ()))
    for path, value in changed:
        if value is MISSING or not _is_plain(value) or personal.covers(path):
            return None
    return tuple(sorted(changed))


def _changed(before: Any, after: Any, above: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    for name in sorted(before.keys() | after.keys()):
        was, now = before.get(name, MISSING), after.get(name, MISSING)
        if was is not MISSING and now is not MISSING and same_json(was, now):
            continue
        path = (*above, name)
        if isinstance(was, dict) and isinstance(now, dict):
            yield from _changed(was, now, path)
        elif "." in name or isinstance(was, list):
            yield ".".join(path), MISSING
        else:
            yield ".".join(path), now


def _is_plain(value: Json) -> bool:
    if isinstance(value, str):
        return len(value) <= MAX_TEXT and value.isprintable()
    return value is None or isinstance(value, (bool, int, float))
