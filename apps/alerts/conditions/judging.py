"""Says whether conditions hold, given what was measured."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from apps.lib.json import JsonObject

from .tree import Condition, Facts, Group, Rule, conditions_in


@dataclass(frozen=True, slots=True)
class Part:
    """One condition: what was measured, None where there is nothing to go by."""

    condition: Condition
    value: Any
    holds: bool

    def as_json(self) -> JsonObject:
        value = self.value.isoformat() if isinstance(self.value, datetime) else self.value
        return {"condition": self.condition.as_json(), "value": value, "holds": self.holds}


def judge(rule: Rule, folder_id: int, facts: Facts, now: datetime, *, is_open: bool) -> bool:
    """Say whether an alert is to begin; of one that `is_open`: whether it goes on.

    What was not measured, or is not there, does not hold, whatever it is compared with.
    """
    return (_still if is_open else _holds)(rule.when, folder_id, facts, now)


def parts_of(rule: Rule, folder_id: int, facts: Facts, now: datetime) -> list[Part]:
    """Return every condition with what was measured for it."""
    return [
        Part(each, facts.get(each.test.fact(folder_id)), each.test.holds(folder_id, facts, now))
        for each in conditions_in(rule.when)
    ]


def _holds(group: Group, folder_id: int, facts: Facts, now: datetime) -> bool:
    found = (
        _holds(each, folder_id, facts, now)
        if isinstance(each, Group)
        else each.test.holds(folder_id, facts, now)
        for each in group.members
    )
    return all(found) if group.join == "all" else any(found)


def _still(group: Group, folder_id: int, facts: Facts, now: datetime) -> bool:
    found = (
        _still(each, folder_id, facts, now)
        if isinstance(each, Group)
        else each.still.holds(folder_id, facts, now)
        for each in group.members
    )
    return all(found) if group.join == "all" else any(found)
