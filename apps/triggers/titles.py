"""How people call what rules name by its key: sentences say the title.

Many triggers are asked for at once: a query for each kind of thing that they name, however many.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, Final

import orjson

from apps.assets.models import Asset
from apps.bots.models import Automation
from apps.lib.errors import DomainError
from apps.lib.json import JsonObject
from apps.limits.models import Application
from apps.queues.models import WorkQueue
from apps.workflows.models import Workflow

from .conditions import (
    OfAsset,
    OfEnd,
    OfQueue,
    OfTrigger,
    Thing,
    Titles,
    leaves_of,
    parse_expected,
    parse_queue,
    parse_state,
)
from .models import Trigger

Kind = Trigger.Kind
# a rule with the folder whose things it names
Rules = Iterable[tuple[int, str, JsonObject]]

MODELS: Final[Mapping[str, Any]] = {
    "queue": WorkQueue,
    "asset": Asset,
    "workflow": Workflow,
    "automation": Automation,
    "trigger": Trigger,
    "application": Application,
}
# by the first word of an event, what `of` is the key of; bots and signals are called by their names
OF_EVENT: Final[Mapping[str, str]] = {
    "instance": "workflow",
    "incident": "workflow",
    "workflow": "workflow",
    "run": "automation",
    "item": "queue",
    "queue": "queue",
    "application": "application",
    "asset": "asset",
}


def titles_of(rules: Rules) -> dict[int, Titles]:
    """Return, by folder, the titles of all that these rules name; what is gone has none."""
    keys: dict[str, set[str]] = defaultdict(set)
    folders: dict[int, dict[Thing, str]] = {}
    for folder_id, kind, rule in rules:
        folders.setdefault(folder_id, {})
        for what, key in things_in(kind, rule):
            keys[what].add(key)
    for what, some in keys.items():
        rows = MODELS[what].objects.filter(folder_id__in=folders, key__in=some)
        for folder_id, key, title in rows.values_list("folder_id", "key", "title"):
            folders[folder_id][what, key] = title
    return dict(folders)


def titles_in(folder_id: int, kind: str, rule: JsonObject) -> Titles:
    """Return the titles of what one rule names."""
    return titles_of([(folder_id, kind, rule)])[folder_id]


def things_in(kind: str, rule: JsonObject) -> frozenset[Thing]:
    """Return what a rule names, each with its kind; of a rule that is wrong nothing."""
    return _things(kind, orjson.dumps(rule))


@lru_cache(maxsize=8192)
def _things(kind: str, rule: bytes) -> frozenset[Thing]:
    """Live lists ask for the same rules again and again."""
    said: JsonObject = orjson.loads(rule)
    try:
        return frozenset(_named(kind, said))
    except DomainError:
        return frozenset()


def _named(kind: str, rule: JsonObject) -> Iterable[Thing]:
    if kind == Kind.QUEUE:
        return [("queue", parse_queue(rule).queue)]
    if kind == Kind.STATE:
        return [_of_leaf(leaf) for leaf in leaves_of(parse_state(rule).when)]
    if kind == Kind.EXPECTED:
        expected = parse_expected(rule)
        what = {"items": "queue", "trigger": "trigger"}.get(expected.kind)
        return [(what, expected.key)] if what else []
    if kind == Kind.EVENT and rule.get("of"):
        return [(what, str(rule["of"])) for what in of_events(rule)]
    return []


def of_events(rule: JsonObject) -> list[str]:
    """Return what kinds of things the events are about that a rule listens to."""
    events = rule.get("events")
    words = [str(each).partition(".")[0] for each in events] if isinstance(events, list) else []
    return list(dict.fromkeys(OF_EVENT[word] for word in words if word in OF_EVENT))


def _of_leaf(leaf: OfQueue | OfAsset | OfEnd | OfTrigger) -> Thing:
    match leaf:
        case OfQueue():
            return "queue", leaf.queue
        case OfAsset():
            return "asset", leaf.asset
        case OfEnd():
            return leaf.kind, leaf.key
        case OfTrigger():
            return "trigger", leaf.trigger
