"""What a trigger starts, as people say it: checked when it is saved, filled in when it starts.

{"type": "workflow", "key": "invoices", "version"?: 3, "variables"?: {…}}
{"type": "run", "automation": "reports.daily", "input"?: {…}}
{"type": "items", "queue": "invoices", "items": [{"payload": {…}, "reference"?, "priority"?}]}
"""

from collections.abc import Iterator
from datetime import UTC, datetime, tzinfo
from typing import Final
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from apps.accounts.models import Folder
from apps.bots.models import Automation
from apps.lib.errors import DomainError, FieldProblem
from apps.lib.json import Json, JsonObject
from apps.queues.lifecycle import NewItem
from apps.queues.lifecycle.checking import problems_of
from apps.queues.lifecycle.values import DEFAULT_PRIORITY
from apps.queues.models import WorkQueue
from apps.workflows.lifecycle.new_walks import insist_on_variables, latest_version

# More at once come by a workflow, or from an automation
MAX_ITEMS: Final = 100
KEYS: Final = {
    "workflow": {"type", "key", "version", "variables"},
    "run": {"type", "automation", "input"},
    "items": {"type", "queue", "items"},
}
ITEM_KEYS: Final = {"payload", "reference", "priority"}


def filled(target: JsonObject, planned_at: datetime, zone: str) -> JsonObject:
    """Return `target` with {planned_at} and {date} in its texts replaced, by the clock of `zone`.

    `{planned_at}` is as 2026-03-31T07:00:00+02:00, `{date}` as 2026-03-31. Names stay as they are.
    """
    local = planned_at.astimezone(_zone(zone)).replace(microsecond=0)
    words = {"{planned_at}": local.isoformat(), "{date}": local.date().isoformat()}
    found = _filled(target, words)
    assert isinstance(found, dict)
    return found


def new_items(target: JsonObject) -> list[NewItem]:
    """Return the items of a target that was checked."""
    items = target["items"]
    assert isinstance(items, list)
    return [_new_item(each) for each in items if isinstance(each, dict)]


def target_problems(folder: Folder, target: Json) -> list[FieldProblem]:
    """Return what is wrong with a target: unknown names, and data that would be refused."""
    if not isinstance(target, dict) or target.get("type") not in KEYS:
        known = ", ".join(KEYS)
        return [FieldProblem("target.type", _("must be one of: %(known)s") % {"known": known})]
    kind = str(target["type"])
    unknown = [name for name in target if name not in KEYS[kind]]
    if unknown:
        return [FieldProblem(f"target.{name}"[:200], _("is unknown")) for name in unknown]
    sample = filled(target, datetime(2026, 1, 1, tzinfo=UTC), "UTC")
    checks = {"workflow": _workflow_problems, "run": _run_problems, "items": _items_problems}
    return [
        FieldProblem(f"target.{each.path}", each.message) for each in checks[kind](folder, sample)
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


def _items_problems(folder: Folder, target: JsonObject) -> Iterator[FieldProblem]:
    key, items = str(target.get("queue", "")), target.get("items")
    queue = WorkQueue.objects.filter(folder=folder, key=key).first()
    if queue is None:
        message = _("There is no queue “%(key)s” in this folder.") % {"key": key}
        yield FieldProblem("queue", message)
        return
    if not isinstance(items, list) or not 0 < len(items) <= MAX_ITEMS:
        message = _("must be a list of 1 to %(n)d items") % {"n": MAX_ITEMS}
        yield FieldProblem("items", message)
        return
    for index, item in enumerate(items):
        problems = list(_shape_problems(item))
        if not problems and isinstance(item, dict):
            problems = problems_of(queue, _new_item(item))
        for each in problems:
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


def _filled(value: Json, words: dict[str, str]) -> Json:
    if isinstance(value, str):
        for name, meaning in words.items():
            value = value.replace(name, meaning)
        return value
    elif isinstance(value, dict):
        return {name: _filled(each, words) for name, each in value.items()}
    elif isinstance(value, list):
        return [_filled(each, words) for each in value]
    else:
        return value


def _zone(name: str) -> tzinfo:
    return ZoneInfo(name) if name else UTC
