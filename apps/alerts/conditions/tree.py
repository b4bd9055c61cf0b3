"""The conditions of a rule, as they are judged."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol, TypeAlias
from zoneinfo import ZoneInfo

from apps.lib.json import JsonObject
from apps.triggers.conditions import Fact, Joined, Leaf, StateRule
from apps.triggers.conditions import judge as judge_state
from apps.triggers.conditions.tree import as_json
from apps.triggers.conditions.wording import leaf_words

from .own import OwnFact

AnyFact: TypeAlias = Fact | OwnFact
# what was measured; what is missing, nobody can say
Facts: TypeAlias = Mapping[AnyFact, Any]


class Test(Protocol):
    """One thing that holds or does not."""

    def fact(self, folder_id: int) -> AnyFact: ...

    def holds(self, folder_id: int, facts: Any, now: datetime) -> bool: ...

    def words(self) -> str: ...

    def as_json(self) -> JsonObject: ...


@dataclass(frozen=True, slots=True)
class Borrowed:
    """A condition of state triggers: judged, worded and written as there."""

    leaf: Leaf
    zone: ZoneInfo

    def fact(self, folder_id: int) -> AnyFact:
        return self.leaf.fact(folder_id)

    def holds(self, folder_id: int, facts: Any, now: datetime) -> bool:
        return judge_state(self._rule(), folder_id, facts, now).holds

    def words(self) -> str:
        return leaf_words(self.leaf)

    def as_json(self) -> JsonObject:
        return as_json(self.leaf)

    def _rule(self) -> StateRule:
        return StateRule(when=Joined(join="all", members=(self.leaf,)), zone=self.zone)


@dataclass(frozen=True, slots=True)
class Condition:
    """`test` begins an alert; `still` keeps it: the same, or an easier value that ends it.

    `clear`: that value, None if the same one ends it.
    """

    test: Test
    still: Test
    clear: float | None = None

    def as_json(self) -> JsonObject:
        found = self.test.as_json()
        return found if self.clear is None else {**found, "clear": self.clear}


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Conditions of which all, or any, must hold."""

    join: Literal["all", "any"]
    members: "tuple[Condition | Group, ...]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """When an alert fires and when it is over.

    It fires when the conditions have held for `for_seconds`. It is over when those that keep it
    (see Condition) have not held for `clear_seconds`.
    """

    when: Group
    zone: ZoneInfo
    for_seconds: int = 0
    clear_seconds: int = 60

    def facts(self, folder_id: int) -> set[AnyFact]:
        return {each.test.fact(folder_id) for each in conditions_in(self.when)}


def conditions_in(group: Group) -> Iterator[Condition]:
    for member in group.members:
        if isinstance(member, Group):
            yield from conditions_in(member)
        else:
            yield member
