"""Says whether conditions hold, given what was measured."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

from apps.lib.json import Json, JsonObject

from .facts import Fact
from .tree import COMPARE, Joined, Leaf, OfAsset, OfEnd, OfQueue, OfTrigger, StateRule, as_json

Value: TypeAlias = "Json | datetime"


@dataclass(frozen=True, slots=True)
class Part:
    """One condition: what was measured, None where there is nothing to go by."""

    leaf: Leaf
    value: Value
    holds: bool

    def as_json(self) -> JsonObject:
        value = self.value.isoformat() if isinstance(self.value, datetime) else self.value
        return {"condition": as_json(self.leaf), "value": value, "holds": self.holds}


@dataclass(frozen=True, slots=True)
class Judgement:
    holds: bool
    parts: tuple[Part, ...]

    def as_json(self) -> list[Json]:
        return [part.as_json() for part in self.parts]


def judge(rule: StateRule, folder_id: int, facts: Mapping[Fact, Value], now: datetime) -> Judgement:
    """What was not measured, or is not there, does not hold, whatever it is compared with."""
    parts: list[Part] = []
    holds = _holds(rule.when, _Known(rule, folder_id, facts, now), parts)
    return Judgement(holds, tuple(parts))


@dataclass(frozen=True, slots=True)
class _Known:
    rule: StateRule
    folder_id: int
    facts: Mapping[Fact, Value]
    now: datetime


def _holds(member: Leaf | Joined, known: _Known, parts: list[Part]) -> bool:
    """Look at every condition, decided or not: people want to see all of them."""
    if isinstance(member, Joined):
        each = [_holds(inner, known, parts) for inner in member.members]
        return all(each) if member.join == "all" else any(each)
    value = known.facts.get(member.fact(known.folder_id))
    found = value is not None and _leaf_holds(member, value, known)
    parts.append(Part(member, value, found))
    return found


def _leaf_holds(leaf: Leaf, value: Value, known: _Known) -> bool:
    match leaf:
        case OfQueue():
            return COMPARE[leaf.op](value, leaf.value)
        case OfAsset():
            return _compares(leaf, value)
        case OfEnd():
            since = known.rule.midnight(known.now)
            if leaf.within != "today":
                since = known.now - timedelta(seconds=leaf.within)
            return isinstance(value, datetime) and value >= since
        case OfTrigger():
            return isinstance(value, datetime) and value >= known.rule.midnight(known.now)


def _compares(leaf: OfAsset, value: Value) -> bool:
    """Values of different kinds are different, and neither is more than the other."""
    if _sort(value) != _sort(leaf.value):
        return leaf.op == "!="
    return COMPARE[leaf.op](value, leaf.value)


def _sort(value: Value) -> str:
    if isinstance(value, bool):
        return "flag"
    return "number" if isinstance(value, int | float) else type(value).__name__
