"""What each kind of trigger goes by: its rule checked."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.models import Folder
from apps.assets.models import Asset
from apps.bots.models import Automation
from apps.lib.errors import FieldProblem, InvalidError
from apps.lib.json import JsonObject
from apps.queues.models import WorkQueue
from apps.workflows.models import Workflow

from .conditions import (
    Expected,
    OfAsset,
    OfEnd,
    OfQueue,
    OfTrigger,
    leaves_of,
    parse_expected,
    parse_queue,
    parse_state,
)
from .models import Trigger
from .receiving.rules import event_rule_problems

Kind, OnClosed = Trigger.Kind, Trigger.OnClosed

# What has no effect for a kind goes back to what is usual
WITHOUT_EFFECT: Final[dict[str, JsonObject]] = {
    Kind.QUEUE: {"overlap": "allow", "missed": "run_once", "max_catch_up": 10},
    Kind.STATE: {"missed": "run_once", "max_catch_up": 10},
    Kind.EVENT: {"missed": "run_once", "max_catch_up": 10},
}


def rule_problems(folder: Folder, said: JsonObject) -> list[FieldProblem]:
    """Return what is wrong with the rule of a kind, its times apart, at `rule.<field>`."""
    kind, rule = said["kind"], said["rule"]
    assert isinstance(rule, dict)
    if kind == Kind.EVENT:
        return event_rule_problems(folder, rule, said["target"])
    checks = {Kind.QUEUE: _queue_problems, Kind.STATE: _state_problems}
    checks[Kind.EXPECTED] = _expected_problems
    try:
        return list(checks[Kind(str(kind))](folder, rule)) if kind in checks else []
    except InvalidError as error:
        return [FieldProblem(f"rule.{each.path}", each.message) for each in error.fields]


def closed_problems(said: JsonObject) -> Iterator[FieldProblem]:
    """What has no times can't be moved to another day."""
    moves = said["on_closed"] in (OnClosed.NEXT, OnClosed.PREVIOUS)
    if moves and said["kind"] not in Trigger.TIMED:
        yield FieldProblem("on_closed", _("must be ignore or skip: there is no time to move"))


def _queue_problems(folder: Folder, rule: JsonObject) -> Iterator[FieldProblem]:
    yield from _unknown(folder, WorkQueue, "rule.queue", parse_queue(rule).queue)


def _state_problems(folder: Folder, rule: JsonObject) -> Iterator[FieldProblem]:
    leaves = leaves_of(parse_state(rule).when)
    for leaf, path in zip(leaves, _paths(rule, "rule."), strict=True):
        match leaf:
            case OfQueue():
                yield from _unknown(folder, WorkQueue, f"{path}.queue", leaf.queue)
            case OfAsset():
                yield from _asset_problems(folder, f"{path}.asset", leaf.asset)
            case OfEnd(kind="workflow"):
                yield from _unknown(folder, Workflow, f"{path}.workflow", leaf.key)
            case OfEnd():
                yield from _automation_problems(folder, f"{path}.automation", leaf.key)
            case OfTrigger():
                yield from _unknown(folder, Trigger, f"{path}.trigger", leaf.trigger)


def _expected_problems(folder: Folder, rule: JsonObject) -> Iterator[FieldProblem]:
    expected = parse_expected(rule)
    if expected.kind == "items":
        yield from _unknown(folder, WorkQueue, "rule.expects.items.queue", expected.key)
    elif expected.kind == "trigger":
        yield from _unknown(folder, Trigger, "rule.expects.trigger", expected.key)
    else:
        yield from _file_problems(folder, expected)


def _file_problems(folder: Folder, expected: Expected) -> Iterator[FieldProblem]:
    """A watched folder is named as event triggers name it."""
    rule: JsonObject = {"source": "file", "folder": expected.key, "pattern": expected.pattern}
    for each in event_rule_problems(folder, rule):
        name = each.path.removeprefix("rule.")
        yield FieldProblem(f"rule.expects.file.{name}", each.message)


def _asset_problems(folder: Folder, path: str, key: str) -> Iterator[FieldProblem]:
    yield from _unknown(folder, Asset, path, key)
    found = Asset.objects.filter(folder=folder, key=key).first()
    if found is not None and found.is_secret:
        yield FieldProblem(path, _("is a secret: its value is not for comparing"))
    elif found is not None and found.kind == Asset.Kind.JSON:
        yield FieldProblem(path, _("is JSON: take one of text, a number, or yes and no"))


def _automation_problems(folder: Folder, path: str, key: str) -> Iterator[FieldProblem]:
    yield from _unknown(folder, Automation, path, key)
    found = Automation.objects.filter(folder=folder, key=key).first()
    if found is not None and found.kind != Automation.Kind.RUN:
        yield FieldProblem(path, _("works the items of a queue: take a condition of the queue"))


def _unknown(folder: Folder, model: Any, path: str, key: str) -> Iterator[FieldProblem]:
    if not model.objects.filter(folder=folder, key=key).exists():
        yield FieldProblem(path, _UNKNOWN[model] % {"key": key})


def _paths(said: JsonObject, path: str) -> Iterator[str]:
    """Yield where each condition of a rule that was read stands, in their order."""
    join = "all" if "all" in said else "any"
    members = said[join]
    for number, member in enumerate(members if isinstance(members, Iterable) else ()):
        at = f"{path}{join}.{number}"
        if isinstance(member, dict) and ("all" in member or "any" in member):
            yield from _paths(member, f"{at}.")
        else:
            yield at


_UNKNOWN: Final[dict[Any, Any]] = {
    WorkQueue: gettext_lazy("There is no queue “%(key)s” in this folder."),
    Asset: gettext_lazy("There is no asset “%(key)s” in this folder."),
    Workflow: gettext_lazy("There is no workflow “%(key)s” in this folder."),
    Automation: gettext_lazy("There is no automation “%(key)s” in this folder."),
    Trigger: gettext_lazy("There is no trigger “%(key)s” in this folder."),
}
