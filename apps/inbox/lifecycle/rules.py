"""What people do to the rules of handling: one event each. Open tasks keep what they have."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts.models import Folder, Team
from apps.calendars.models import Calendar
from apps.events.bus import publish
from apps.inbox.models import HandlingRule, UserTask
from apps.inbox.rungs import MAX_SECONDS, ladder_problems, plain_rung
from apps.lib.actors import Actor
from apps.lib.errors import FieldProblem, InvalidError
from apps.lib.json import Json, JsonObject
from apps.queues.models import WorkQueue

PLAIN = ("position", "title", "is_on", "kind", "workflow", "step", "code", "assignment",
    "votes_needed", "due_seconds", "at_risk_share")  # fmt: skip
ROWS = ("queue", "team", "calendar")
FIELDS = (*PLAIN, *ROWS, "ladder")
MAX_VOTES = 50


def rules_of(folder: Folder) -> Any:
    return HandlingRule.objects.filter(folder=folder).select_related("queue", "team", "calendar")


def save_rule(rule: HandlingRule, values: Mapping[str, Any], *, by: Actor) -> list[JsonObject]:
    """Set these fields of a new or a known rule; return what changed.

    Raises InvalidError naming each field that does not fit.
    """
    is_new = rule.pk is None
    before = {} if is_new else _described(rule)
    for name in FIELDS:
        if name in values:
            setattr(rule, name, values[name])
    rule.ladder = [plain_rung(rung) if _is_rung(rung) else rung for rung in rule.ladder]
    _check(rule)
    with transaction.atomic():
        rule.save()
        changes = [
            {"field": name, "before": before.get(name), "after": value}
            for name, value in _described(rule).items()
            if before.get(name) != value
        ]
        if changes:
            kind = "handling_rule.created" if is_new else "handling_rule.changed"
            _record(kind, rule, by, {"changes": list[Json](changes)})
    return changes


def remove_rule(rule: HandlingRule, *, by: Actor) -> None:
    with transaction.atomic():
        _record("handling_rule.removed", rule, by, {})
        rule.delete()


def _check(rule: HandlingRule) -> None:
    teams = set(Team.objects.filter(folder=rule.folder_id).values_list("key", flat=True))
    problems = [
        *_plain_problems(rule),
        *_row_problems(rule),
        *ladder_problems(rule.ladder, kind=rule.kind, teams=teams),
    ]
    if problems:
        said = "; ".join(f"{problem.path} {problem.message}" for problem in problems[:5])
        raise InvalidError(said, fields=problems)


def _plain_problems(rule: HandlingRule) -> list[FieldProblem]:
    due = rule.due_seconds
    checks = [
        ("title", bool(rule.title.strip()), _("is missing")),
        ("kind", rule.kind in ("", *UserTask.Kind.values), _("is no kind of task")),
        (
            "assignment",
            rule.assignment in HandlingRule.Assignment.values,
            _("must be one of: %(known)s") % {"known": ", ".join(HandlingRule.Assignment.values)},
        ),
        ("votes_needed", 1 <= rule.votes_needed <= MAX_VOTES, _("must be from 1 to 50")),
        ("due_seconds", due is None or 0 < due <= MAX_SECONDS, _("must be more than 0")),
        ("at_risk_share", 0 < rule.at_risk_share <= 1, _("must be more than 0, up to 1")),
        (
            "votes_needed",
            rule.votes_needed == 1 or rule.assignment == HandlingRule.Assignment.POOL,
            _("must be 1 where a task is handed to one person"),
        ),
    ]
    return [FieldProblem(path, message) for path, is_right, message in checks if not is_right]


def _row_problems(rule: HandlingRule) -> list[FieldProblem]:
    """Queue, team and calendar must be of the same folder."""
    found: list[WorkQueue | Team | Calendar | None] = [rule.queue, rule.team, rule.calendar]
    return [
        FieldProblem(name, _("is not of this folder"))
        for name, row in zip(ROWS, found, strict=True)
        if row is not None and row.folder_id != rule.folder_id
    ]


def _is_rung(rung: object) -> bool:
    return isinstance(rung, Mapping) and "do" in rung


def _described(rule: HandlingRule) -> JsonObject:
    plain: JsonObject = {name: getattr(rule, name) for name in PLAIN}
    rows: JsonObject = {name: str(getattr(rule, name) or "") for name in ROWS}
    return {**plain, **rows, "ladder": list(rule.ladder)}


def _record(kind: str, rule: HandlingRule, by: Actor, data: JsonObject) -> None:
    publish(
        kind,
        subject=("handling_rule", rule.pk),
        folder_id=rule.folder_id,
        by=by,
        data={"title": rule.title, **data},
    )
