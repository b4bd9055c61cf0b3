"""Approvals: programs ask people something that no item and no workflow waits for."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from apps.accounts.models import Folder, Team, User
from apps.events.causes import note_causes
from apps.inbox.candidates import named
from apps.inbox.decisions import offered_by_step
from apps.inbox.handling import Said
from apps.inbox.models import UserTask
from apps.lib.actors import Actor
from apps.lib.errors import ConflictError, FieldProblem, InvalidError
from apps.lib.json import JsonObject
from apps.lib.schema import check_schema

from .assigning import open_prepared
from .linking import send_links
from .recording import record_event
from .stepping import check_said, close_tasks

MAX_TEXT = 20_000
MAX_DECISIONS, MAX_VOTES = 9, 50
KEY = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,99}")

APPROVE_OR_REJECT: tuple[JsonObject, ...] = (
    {"key": "approve", "title": gettext_noop("Approve")},
    {
        "key": "reject",
        "title": gettext_noop("Reject"),
        "takes_values": False,
        "needs_reason": True,
        "style": "danger",
    },
)


@dataclass(frozen=True, kw_only=True)
class NewApproval:
    """What a program asks. `offered_to`: names of teams, roles and users; none: whoever may decide.

    `decisions` have `key` and `title`, see `decisions.Decision` for what else; none: approve or
    reject. `not_by`: user names of people who may not decide it (four eyes).
    """

    title: str
    text: str = ""
    form: JsonObject = field(default_factory=dict)
    values: JsonObject = field(default_factory=dict)
    decisions: Sequence[Mapping[str, Any]] = ()
    offered_to: Sequence[str] = ()
    not_by: Sequence[str] = ()
    team: str = ""
    due_at: datetime | None = None
    votes_needed: int = 1
    reference: str = ""
    has_links: bool = False


@transaction.atomic
def ask_approval(new: NewApproval, folder: Folder, *, by: Actor) -> UserTask:
    """Open a task of kind approval. Raises InvalidError naming each field that will not do."""
    found = named(folder.pk, new.offered_to)
    excluded = {user.username: user.pk for user in User.objects.filter(username__in=new.not_by)}
    problems = [
        *_unfit(new),
        *(_unknown("offered_to", name) for name in found.unknown),
        *(_unknown("not_by", name) for name in new.not_by if name not in excluded),
    ]
    if new.team and not Team.objects.filter(folder=folder, key=new.team).exists():
        problems.append(_unknown("team", new.team))
    if problems:
        first = problems[0]
        raise InvalidError(f"{first.path}: {first.message}.", fields=problems)
    check_said(new.values, "values")
    said = Said(team=new.team or None, votes=new.votes_needed if new.votes_needed > 1 else None)
    task = UserTask(
        folder=folder,
        kind=UserTask.Kind.APPROVAL,
        title=new.title.strip()[:300],
        reason=new.text.strip(),
        form=new.form,
        values=new.values,
        decisions=offered_by_step(new.decisions or APPROVE_OR_REJECT),
        offered_to=list(found.tokens),
        excluded=sorted(excluded.values()),
        due_at=new.due_at,
        facts={"reference": new.reference, "asked_by": by.name[:150]},
        handling=said.stored(),
    )
    opened = open_prepared([task])[0]
    note_causes("task", [opened.pk])
    record_event("user_task.asked", opened, by, {"reference": new.reference})
    if new.has_links:
        send_links(opened)
    return opened


@transaction.atomic
def withdraw_approval(task: UserTask, *, by: Actor) -> UserTask:
    """Close an approval that is not needed any more. Raises ConflictError for other tasks."""
    if task.kind != UserTask.Kind.APPROVAL:
        raise ConflictError(_("Only approvals can be withdrawn by who asked for them."))
    if close_tasks([(task.pk, task.folder_id)], "withdrawn", by=by):
        record_event("user_task.withdrawn", task, by, {})
    return UserTask.objects.get(pk=task.pk)


def _unfit(new: NewApproval) -> Iterator[FieldProblem]:
    for name, text, limit in (
        ("title", new.title, 300),
        ("text", new.text, MAX_TEXT),
        ("reference", new.reference, 200),
    ):
        if len(text) > limit:
            yield FieldProblem(name, _("use at most %(n)d characters") % {"n": limit})
        if "\x00" in text:
            yield FieldProblem(name, _("holds characters that can't be stored"))
    if not new.title.strip():
        yield FieldProblem("title", _("say what is to be decided"))
    if not 1 <= new.votes_needed <= MAX_VOTES:
        yield FieldProblem("votes_needed", _("must be 1 to %(n)d") % {"n": MAX_VOTES})
    if new.form:
        yield from check_schema(new.form, at="form")[:3]
    yield from _unfit_decisions(new.decisions)


def _unfit_decisions(decisions: Sequence[Mapping[str, Any]]) -> Iterator[FieldProblem]:
    if len(decisions) > MAX_DECISIONS:
        yield FieldProblem("decisions", _("offer at most %(n)d") % {"n": MAX_DECISIONS})
    keys = [str(decision.get("key", "")) for decision in decisions]
    for at, key in enumerate(keys):
        if not KEY.fullmatch(key):
            yield FieldProblem(f"decisions.{at}.key", _("use letters, digits, _ and -"))
        elif key in keys[:at]:
            yield FieldProblem(f"decisions.{at}.key", _("stands there twice"))


def _unknown(path: str, name: str) -> FieldProblem:
    return FieldProblem(path, _("there is no “%(name)s” here") % {"name": name[:100]})
