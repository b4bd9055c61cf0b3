"""What a trigger starts, as people say it: checked when it is saved, filled in when it starts.

{"type": "workflow", "key": "invoices", "version"?: 3, "variables"?: {…}}
{"type": "run", "automation": "reports.daily", "input"?: {…}, "bot"?: "desk-4", "priority"?: 80}
{"type": "items", "queue": "invoices", "items": [{"payload": {…}, "reference"?, "priority"?}]}
{"type": "alert", "title": "No file yet", "message"?: "…", "to"?: "owner" or "supervisors"}
{"type": "task", "title": "Look after it", "message"?, "team" or "assignee", "form"?: {…}}
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Final

from django.utils.translation import gettext as _

from apps.accounts.models import Folder, Team, User
from apps.accounts.permissions import Action, can
from apps.bots.models import Automation, Bot
from apps.lib.errors import DomainError, FieldProblem, InvalidError
from apps.lib.json import Json, JsonObject
from apps.lib.schema import check_schema
from apps.queues.lifecycle import NewItem
from apps.queues.lifecycle.checking import problems_of
from apps.queues.lifecycle.values import DEFAULT_PRIORITY
from apps.queues.models import WorkQueue
from apps.workflows.lifecycle.new_walks import insist_on_variables, latest_version

from .filling import filled, is_within, places_of
from .models import Trigger

__all__ = ["filled", "new_items", "object_of", "target_problems"]

# More at once come by a workflow, or from an automation
MAX_ITEMS: Final = 100
KEYS: Final = {
    "workflow": {"type", "key", "version", "variables"},
    "run": {"type", "automation", "input", "bot", "priority"},
    "items": {"type", "queue", "items"},
    "alert": {"type", "title", "message", "to"},
    "task": {"type", "title", "message", "team", "assignee", "form"},
}
# what queue triggers may start: something that works the items, and comes to an end
FOR_QUEUES: Final = ("workflow", "run")
MAX_PRIORITY: Final = 100
TOLD: Final = ("owner", "supervisors")
ITEM_KEYS: Final = {"payload", "reference", "priority"}


def new_items(target: JsonObject) -> list[NewItem]:
    """Return the items of a target whose places are filled in. Raises InvalidError."""
    items = target.get("items")
    problems = list(_list_problems(items))
    if problems:
        raise InvalidError(f"{problems[0].path} {problems[0].message}", fields=problems)
    assert isinstance(items, list)
    return [_new_item(each) for each in items if isinstance(each, dict)]


def object_of(target: JsonObject, name: str) -> JsonObject:
    """Return the data under `name`, {} for none. Raises InvalidError for anything else."""
    found = target.get(name, {})
    if not isinstance(found, dict):
        problem = FieldProblem(f"target.{name}", _("must be an object"))
        raise InvalidError(f"{problem.path} {problem.message}", fields=[problem])
    return found


def target_problems(
    folder: Folder, target: Json, kind: str = Trigger.Kind.TIME
) -> list[FieldProblem]:
    """Return what is wrong with a target: unknown names, and data that would be refused.

    `kind` of the trigger: times have no event to take values from, and what an event will say
    is not known yet: what it fills in is checked when it starts.
    """
    known = FOR_QUEUES if kind == Trigger.Kind.QUEUE else tuple(KEYS)
    if not isinstance(target, dict) or target.get("type") not in known:
        words = {"known": ", ".join(known)}
        return [FieldProblem("target.type", _("must be one of: %(known)s") % words)]
    unknown = [name for name in target if name not in KEYS[str(target["type"])]]
    if unknown:
        return [FieldProblem(f"target.{name}"[:200], _("is unknown")) for name in unknown]
    places = list(places_of(target))
    if places and kind == Trigger.Kind.TIME:
        message = _("has a place for an event, and a time has none")
        return [FieldProblem(f"target.{path}"[:200], message) for path in places]
    sample = filled(target, datetime(2026, 1, 1, tzinfo=UTC), "UTC")
    return [
        FieldProblem(f"target.{each.path}", each.message)
        for each in CHECKS[str(target["type"])](folder, sample)
        if not is_within(each.path, places)
    ]


def _workflow_problems(folder: Folder, target: JsonObject) -> Iterator[FieldProblem]:
    number, variables = target.get("version"), target.get("variables", {})
    if number is not None and (not isinstance(number, int) or isinstance(number, bool)):
        yield FieldProblem("version", _("must be a number"))
        return
    if not isinstance(variables, dict):
        yield FieldProblem("variables", _("must be an object"))
        return
    try:
        version = latest_version(folder.pk, str(target.get("key", "")), number)
    except DomainError as error:
        yield FieldProblem("key" if number is None else "version", error.message)
        return
    try:
        insist_on_variables(version, variables)
    except DomainError as error:
        yield from error.fields or [FieldProblem("variables", error.message)]


def _run_problems(folder: Folder, target: JsonObject) -> Iterator[FieldProblem]:
    key = str(target.get("automation", ""))
    automation = Automation.objects.filter(folder=folder, key=key).first()
    if automation is None:
        message = _("There is no automation “%(key)s” in this folder.") % {"key": key}
        yield FieldProblem("automation", message)
    elif automation.kind != Automation.Kind.RUN:
        message = _("works the items of a queue: add items there instead")
        yield FieldProblem("automation", message)
    elif automation.current_version is None:
        yield FieldProblem("automation", _("has no version yet"))
    if not isinstance(target.get("input", {}), dict):
        yield FieldProblem("input", _("must be an object"))
    name, points = target.get("bot"), target.get("priority", 0)
    if name and not Bot.objects.filter(folder=folder, name=str(name)).exists():
        message = _("There is no bot “%(name)s” in this folder.") % {"name": name}
        yield FieldProblem("bot", message)
    if not isinstance(points, int) or isinstance(points, bool) or not 0 <= points <= MAX_PRIORITY:
        yield FieldProblem("priority", _("must be a whole number from 0 to 100"))


def _items_problems(folder: Folder, target: JsonObject) -> Iterator[FieldProblem]:
    key, items = str(target.get("queue", "")), target.get("items")
    queue = WorkQueue.objects.filter(folder=folder, key=key).first()
    if queue is None:
        message = _("There is no queue “%(key)s” in this folder.") % {"key": key}
        yield FieldProblem("queue", message)
        return
    wrong = list(_list_problems(items))
    yield from wrong
    if wrong or not isinstance(items, list):
        return
    for index, item in enumerate(items):
        for each in problems_of(queue, _new_item(item)) if isinstance(item, dict) else ():
            path = f"items.{index}.{each.path}" if each.path else f"items.{index}"
            yield FieldProblem(path, each.message)


def _list_problems(items: Json) -> Iterator[FieldProblem]:
    if not isinstance(items, list) or not 0 < len(items) <= MAX_ITEMS:
        message = _("must be a list of 1 to %(n)d items") % {"n": MAX_ITEMS}
        yield FieldProblem("items", message)
        return
    for index, item in enumerate(items):
        for each in _shape_problems(item):
            path = f"items.{index}.{each.path}" if each.path else f"items.{index}"
            yield FieldProblem(path, each.message)


def _shape_problems(item: Json) -> Iterator[FieldProblem]:
    if not isinstance(item, dict):
        yield FieldProblem("", _("must be an object"))
        return
    for name in item:
        if name not in ITEM_KEYS:
            yield FieldProblem(name[:100], _("is unknown"))
    if not isinstance(item.get("reference", ""), str):
        yield FieldProblem("reference", _("must be text"))
    priority = item.get("priority", DEFAULT_PRIORITY)
    if not isinstance(priority, int) or isinstance(priority, bool):
        yield FieldProblem("priority", _("must be a number"))


def _new_item(said: JsonObject) -> NewItem:
    payload = said.get("payload", {})
    priority = said.get("priority", DEFAULT_PRIORITY)
    return NewItem(
        payload=payload,  # type: ignore[arg-type] # what is no object was refused
        reference=str(said.get("reference", "")),
        priority=priority if isinstance(priority, int) else DEFAULT_PRIORITY,
    )


def _alert_problems(folder: Folder, target: JsonObject) -> Iterator[FieldProblem]:
    yield from _words_problems(target)
    if target.get("to", TOLD[0]) not in TOLD:
        yield FieldProblem("to", _("must be one of: %(known)s") % {"known": ", ".join(TOLD)})


def _task_problems(folder: Folder, target: JsonObject) -> Iterator[FieldProblem]:
    yield from _words_problems(target)
    team, assignee, form = target.get("team"), target.get("assignee"), target.get("form", {})
    if bool(team) == bool(assignee):
        yield FieldProblem("team", _("is needed, or a person: one of both"))
    elif team and not Team.objects.filter(folder=folder, key=str(team)).exists():
        message = _("There is no team “%(key)s” in this folder.") % {"key": team}
        yield FieldProblem("team", message)
    elif assignee and not _is_of_folder(folder, str(assignee)):
        message = _("is nobody of this folder: “%(name)s”") % {"name": assignee}
        yield FieldProblem("assignee", message)
    if not isinstance(form, dict):
        yield FieldProblem("form", _("must be an object"))
    elif form:
        yield from check_schema(form, at="form")[:3]


def _words_problems(target: JsonObject) -> Iterator[FieldProblem]:
    for name, longest in (("title", 200), ("message", 2_000)):
        value = target.get(name, "")
        if not isinstance(value, str):
            yield FieldProblem(name, _("must be text"))
        elif len(value) > longest:
            yield FieldProblem(name, _("is longer than %(n)d characters") % {"n": longest})
        elif name == "title" and not value.strip():
            yield FieldProblem(name, _("is missing"))


def _is_of_folder(folder: Folder, name: str) -> bool:
    found = User.objects.filter(username=name, is_active=True).first()
    return found is not None and can(found, Action.VIEW, folder.pk)


CHECKS: Final[Mapping[str, Callable[[Folder, JsonObject], Iterator[FieldProblem]]]] = {
    "workflow": _workflow_problems,
    "run": _run_problems,
    "items": _items_problems,
    "alert": _alert_problems,
    "task": _task_problems,
}
