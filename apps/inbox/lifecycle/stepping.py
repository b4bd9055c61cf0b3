"""Tasks that workflows ask of people: steps to do, and steps that can't go on by themselves.

They are opened and closed by whoever runs the instance, within its transactions. What a person
decides is news, `user_task.decided`, in the transaction of the decision:

    {"task", "instance", "token", "kind": "form" | "incident", "decision": key, "values": {…},
     "code", "comment", "reason", "by": {"user_id", "name", "kind"}}

`values` of a form are those that the form names, and whatever else was changed; of the decisions
on an incident, `edit_and_retry` gives the variables that were changed (null: removed), and
`set_result` the result. `code` is that of the error of `throw`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

import orjson
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.events.bus import announce
from apps.events.live import nudge
from apps.inbox.alike import alike_of
from apps.inbox.changes import same_json
from apps.inbox.decisions import EDIT_AND_RETRY, Decision, offered_by_step, offered_for
from apps.inbox.models import UserTask
from apps.lib.actors import SYSTEM, Actor
from apps.lib.errors import DomainError, FieldProblem, InvalidError, TooLargeError
from apps.lib.json import JsonObject, check_json

from .assigning import open_prepared

Kind, Status = UserTask.Kind, UserTask.Status

DECIDED = "user_task.decided"
# Larger than this, variables are looked at and changed on the instance's page alone
MAX_VARIABLES_BYTES = 200_000
MAX_SAID_BYTES = 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class NewTask:
    """What a workflow asks of people.

    `workflow` and `step` are titles for people, `element` the id in the diagram. Of a form: `form`
    is its JSON Schema, `values` what it starts with, `decisions` the ways out ({"key", "title"};
    none: complete). Of an incident: `reason` says what stands in the way, `code` is stable, and
    `values` are the variables that the step sees. `assignee` and candidates are user names.
    """

    kind: Literal["form", "incident"]
    folder_id: int
    instance_id: int
    token: int
    title: str
    workflow: str = ""
    step: str = ""
    element: str = ""
    reason: str = ""
    code: str = ""
    form: JsonObject = field(default_factory=dict)
    values: JsonObject = field(default_factory=dict)
    decisions: Sequence[JsonObject] = ()
    assignee: str = ""
    candidate_groups: Sequence[str] = ()
    candidate_users: Sequence[str] = ()
    due_at: datetime | None = None
    follow_up_at: datetime | None = None
    priority: int | None = None
    instructions: str = ""
    workflow_key: str = ""
    # how it is handed out, as far as the diagram says, see handling.Said
    handling: JsonObject = field(default_factory=dict)


def open_owned_tasks(news: Sequence[NewTask]) -> int:
    """Open these tasks, in one statement; return how many were asked for.

    Of each kind a token has one open task: opened again, it stays the one it was.
    """
    people = {new.assignee for new in news} - {""}
    users = {user.username: user for user in User.objects.filter(username__in=people)}
    open_prepared([_task(new, users.get(new.assignee)) for new in news])
    nudge(*{f"inbox:{new.folder_id}" for new in news})
    return len(news)


def close_owned_tasks(
    instance_id: int, tokens: Iterable[int] | None, how: str, *, by: Actor = SYSTEM
) -> int:
    """Close what is still open of these tokens (None: of the whole instance), without a decision.

    `how` is a word kept with the task: “cancelled”, “timer”… Returns how many were closed.
    """
    tasks = UserTask.objects.open().filter(instance_id=instance_id, kind__in=UserTask.OF_WORKFLOWS)
    if tokens is not None:
        tasks = tasks.filter(token__in=set(tokens))
    return close_tasks(tasks.values_list("pk", "folder_id"), how, by=by)


def close_tasks_of(tokens: Iterable[tuple[int, int]], how: str, *, by: Actor = SYSTEM) -> int:
    """The same for tokens of many instances, (instance, token), with few statements."""
    pairs = set(tokens)
    tasks = UserTask.objects.open().filter(
        instance_id__in={instance_id for instance_id, _token in pairs},
        kind__in=UserTask.OF_WORKFLOWS,
    )
    rows = tasks.values_list("pk", "folder_id", "instance_id", "token") if pairs else []
    return close_tasks([row[:2] for row in rows if row[2:] in pairs], how, by=by)


def close_tasks(
    tasks: Iterable[tuple[int, int]],
    how: str,
    *,
    by: Actor = SYSTEM,
    status: UserTask.Status = Status.CANCELLED,
) -> int:
    """Close these open tasks, (task, folder), without a decision; return how many were open."""
    found = list(tasks)
    if not found:
        return 0
    closed: int = (
        UserTask.objects.open()
        .filter(pk__in=[pk for pk, _folder in found])
        .update(
            status=status,
            decided_at=Now(),
            decided_by=by.user_id,
            decided_by_name=by.name[:150],
            decision=how[:40],
            working_until=None,
        )
    )
    nudge(*(f"task:{pk}" for pk, _folder in found), *{f"inbox:{folder}" for _pk, folder in found})
    return closed


def check_said(said: JsonObject, name: str) -> JsonObject:
    """Return `said`; raise InvalidError if it can't be stored, TooLargeError if it is too much."""
    try:
        text = orjson.dumps(said)
        check_json(said)
    except (TypeError, DomainError) as error:
        message = _("This can't be stored: %(why)s") % {"why": error}
        raise InvalidError(message, fields=[FieldProblem(name, message)]) from None
    if len(text) > MAX_SAID_BYTES:
        raise TooLargeError(_("These values are larger than %(n)d kB.") % {"n": 1024})
    return said


def values_said(task: UserTask, payload: JsonObject) -> JsonObject:
    """Return what a person said with `payload`: other values may have changed meanwhile.

    That is what the form names, and whatever differs from what the task was opened with; null
    stands for what was removed.
    """
    named = task.form.get("properties") if isinstance(task.form, dict) else None
    asked = named.keys() if isinstance(named, dict) and task.kind == Kind.FORM else frozenset()
    kept = {
        name: value
        for name, value in payload.items()
        if name in asked or name not in task.values or not same_json(task.values[name], value)
    }
    return {**kept, **dict.fromkeys(task.values.keys() - payload.keys())}


def announce_decision(
    task: UserTask, decision: Decision, values: JsonObject, *, code: str, said: str, by: Actor
) -> None:
    """Tell whoever runs the instance, in the caller's transaction."""
    announce(
        DECIDED,
        {
            "task": task.pk,
            "instance": task.instance_id,
            "token": task.token,
            "kind": task.kind,
            "decision": decision.key,
            "values": values,
            "code": code,
            "comment": said,
            "reason": task.decision_comment,
            "by": {"user_id": by.user_id, "name": by.name, "kind": by.kind},
        },
    )


def _task(new: NewTask, assignee: User | None) -> UserTask:
    is_incident = new.kind == "incident"
    values, decisions = dict(new.values), offered_by_step(new.decisions)
    if is_incident:
        decisions = offered_for(Kind.INCIDENT)
    if is_incident and len(orjson.dumps(values)) > MAX_VARIABLES_BYTES:
        values = {}
        decisions = [each for each in decisions if each["key"] != EDIT_AND_RETRY.key]
    return UserTask(
        folder_id=new.folder_id,
        kind=new.kind,
        title=(new.title or new.step or new.element)[:300],
        reason=new.reason or (_("No reason was given.") if is_incident else ""),
        code=new.code[:100],
        alike=alike_of(
            new.kind,
            place=f"step:{new.folder_id}:{new.workflow}:{new.element}",
            code=new.code,
            reason=new.reason,
            form=new.form,
        ),
        instance_id=new.instance_id,
        token=new.token,
        form=new.form,
        values=values,
        decisions=decisions,
        facts=_facts(new, assignee),
        assignee=assignee,
        candidate_groups=list(new.candidate_groups),
        candidate_users=list(new.candidate_users),
        due_at=new.due_at,
        follow_up_at=new.follow_up_at,
        priority=50 if new.priority is None else max(0, min(100, new.priority)),
        instructions=new.instructions,
        handling=new.handling,
    )


def _facts(new: NewTask, assignee: User | None) -> dict[str, Any]:
    facts = {
        "workflow": new.workflow,
        "workflow_key": new.workflow_key,
        "step": new.step,
        "element": new.element,
    }
    if new.assignee and assignee is None:
        facts["assignee"] = new.assignee[:150]  # nobody that we know: shown, so that somebody acts
    return {name: said for name, said in facts.items() if said}
