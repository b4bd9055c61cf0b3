"""Conditions, as they are judged."""

import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal, TypeAlias
from zoneinfo import ZoneInfo

from apps.lib.json import JsonObject

from .facts import Fact, FactKind

Metric = Literal[
    "queue.ready",
    "queue.oldest_seconds",
    "queue.in_progress",
    "queue.needs_decision",
    "queue.failure_share",
]
Within: TypeAlias = 'Literal["today"] | int'

COMPARE: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    ">=": operator.ge,
    ">": operator.gt,
    "<=": operator.le,
    "<": operator.lt,
    "=": operator.eq,
    "!=": operator.ne,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class OfQueue:
    """A number of a queue, compared. `window_seconds`: what a failure share is about."""

    metric: Metric
    queue: str
    op: str
    value: float
    window_seconds: int = 0

    def fact(self, folder_id: int) -> Fact:
        return Fact(folder_id, self.metric, self.queue, str(self.window_seconds or ""))


@dataclass(frozen=True, slots=True, kw_only=True)
class OfAsset:
    """The value of an asset, compared."""

    asset: str
    op: str
    value: str | float | bool

    def fact(self, folder_id: int) -> Fact:
        return Fact(folder_id, "asset", self.asset)


@dataclass(frozen=True, slots=True, kw_only=True)
class OfEnd:
    """A workflow's instance or an automation's run has ended lately."""

    kind: Literal["workflow", "automation"]
    key: str
    ended: Literal["successful", "failed", "any"]
    within: Within

    def fact(self, folder_id: int) -> Fact:
        kind: FactKind = self.kind
        return Fact(folder_id, kind, self.key, self.ended)


@dataclass(frozen=True, slots=True, kw_only=True)
class OfTrigger:
    """Another trigger has started something today."""

    trigger: str

    def fact(self, folder_id: int) -> Fact:
        return Fact(folder_id, "trigger", self.trigger)


Leaf: TypeAlias = OfQueue | OfAsset | OfEnd | OfTrigger


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """Conditions of which all, or any, must hold."""

    join: Literal["all", "any"]
    members: "tuple[Leaf | Joined, ...]"


@dataclass(frozen=True, slots=True, kw_only=True)
class StateRule:
    """When a state trigger starts something.

    edge: once, when its conditions begin to hold (for `for_seconds` already); level: again and
    again while they hold, `cool_down_seconds` apart. `once_per` business_date: at most once a day
    of `zone`, on days on which the calendar is open.
    """

    when: Joined
    zone: ZoneInfo
    mode: Literal["edge", "level"] = "edge"
    for_seconds: int = 0
    cool_down_seconds: int = 0
    once_per: Literal["", "business_date"] = ""

    def facts(self, folder_id: int) -> set[Fact]:
        return {leaf.fact(folder_id) for leaf in leaves_of(self.when)}

    def midnight(self, now: datetime) -> datetime:
        """Return when today began by the clock of the rule's zone."""
        local = now.astimezone(self.zone)
        return local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)


def leaves_of(joined: Joined) -> Iterator[Leaf]:
    for member in joined.members:
        if isinstance(member, Joined):
            yield from leaves_of(member)
        else:
            yield member


def as_json(leaf: Leaf) -> JsonObject:
    """Return a condition as people said it."""
    match leaf:
        case OfQueue():
            found: JsonObject = {
                "metric": leaf.metric, "queue": leaf.queue, "op": leaf.op, "value": leaf.value,
            }  # fmt: skip
            return found | ({"window_seconds": leaf.window_seconds} if leaf.window_seconds else {})
        case OfAsset():
            return {"asset": leaf.asset, "op": leaf.op, "value": leaf.value}
        case OfEnd():
            return {leaf.kind: leaf.key, "ended": leaf.ended, "within": leaf.within}
        case OfTrigger():
            return {"trigger": leaf.trigger, "fired": "today"}
