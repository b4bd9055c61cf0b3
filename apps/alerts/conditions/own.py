"""Conditions that alerts have beside those of state triggers."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, Literal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.lib.durations import duration_in_words
from apps.lib.json import Json, JsonObject
from apps.triggers.conditions.tree import COMPARE

OwnKind = Literal[
    "queue.finished", "queue.added", "bots.silent", "check_in", "failures.groups", "failures.worst"
]
FLOWS: Final = ("queue.finished", "queue.added")


@dataclass(frozen=True, slots=True)
class OwnFact:
    """One thing to measure in a folder: of the queue, pool or check-in `key`.

    `detail`: the seconds that it is about. Measured is a number, of a check-in the seconds since
    it came. None: there is no such thing, or nothing to go by.
    """

    folder_id: int
    kind: OwnKind
    key: str
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OfFlow:
    """So many items were finished, or came in, within `window_seconds`; whole minutes."""

    metric: Literal["queue.finished", "queue.added"]
    queue: str
    op: str
    value: float
    window_seconds: int

    def fact(self, folder_id: int) -> OwnFact:
        return OwnFact(folder_id, self.metric, self.queue, str(self.window_seconds))

    def holds(self, folder_id: int, facts: Mapping[Any, Any], now: datetime) -> bool:
        return compares(self.op, facts.get(self.fact(folder_id)), self.value)

    def with_value(self, value: float) -> "OfFlow":
        return replace(self, value=value)

    def words(self) -> str:
        words = {
            "n": f"{self.value:g}",
            "op": op_words(self.op),
            "queue": self.queue,
            "length": duration_in_words(self.window_seconds),
        }
        n = number_for_words(self.value)
        said = {
            "queue.finished": ngettext(
                "%(op)s %(n)s item of “%(queue)s” was done within %(length)s",
                "%(op)s %(n)s items of “%(queue)s” were done within %(length)s",
                n,
            ),
            "queue.added": ngettext(
                "%(op)s %(n)s item came into “%(queue)s” within %(length)s",
                "%(op)s %(n)s items came into “%(queue)s” within %(length)s",
                n,
            ),
        }
        return said[self.metric] % words

    def as_json(self) -> JsonObject:
        return {
            "metric": self.metric,
            "queue": self.queue,
            "op": self.op,
            "value": self.value,
            "window_seconds": self.window_seconds,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class OfBots:
    """So many bots that should work have not been heard of for `silent_seconds`.

    `pool`: of that one alone, "" for all of the folder. Those that are disabled, or in maintenance,
    are not missed.
    """

    pool: str
    op: str
    value: float
    silent_seconds: int

    def fact(self, folder_id: int) -> OwnFact:
        return OwnFact(folder_id, "bots.silent", self.pool, str(self.silent_seconds))

    def holds(self, folder_id: int, facts: Mapping[Any, Any], now: datetime) -> bool:
        return compares(self.op, facts.get(self.fact(folder_id)), self.value)

    def with_value(self, value: float) -> "OfBots":
        return replace(self, value=value)

    def words(self) -> str:
        words = {
            "n": f"{self.value:g}",
            "op": op_words(self.op),
            "pool": self.pool,
            "length": duration_in_words(self.silent_seconds),
        }
        n = number_for_words(self.value)
        said = ngettext(
            "%(op)s %(n)s bot has not answered for %(length)s",
            "%(op)s %(n)s bots have not answered for %(length)s",
            n,
        )
        if self.pool:
            said = ngettext(
                "%(op)s %(n)s bot of “%(pool)s” has not answered for %(length)s",
                "%(op)s %(n)s bots of “%(pool)s” have not answered for %(length)s",
                n,
            )
        return said % words

    def as_json(self) -> JsonObject:
        found: JsonObject = {
            "metric": "bots.silent",
            "op": self.op,
            "value": self.value,
            "silent_seconds": self.silent_seconds,
        }
        return found | ({"pool": self.pool} if self.pool else {})


@dataclass(frozen=True, slots=True, kw_only=True)
class OfFailures:
    """Groups of alike failures in the folder.

    groups: so many that nobody has taken up. worst: one of them, not muted nor resolved, has so
    many failures within `window_seconds` (whole minutes).
    """

    metric: Literal["failures.groups", "failures.worst"]
    op: str
    value: float
    window_seconds: int = 0

    def fact(self, folder_id: int) -> OwnFact:
        return OwnFact(folder_id, self.metric, "", str(self.window_seconds or ""))

    def holds(self, folder_id: int, facts: Mapping[Any, Any], now: datetime) -> bool:
        return compares(self.op, facts.get(self.fact(folder_id)), self.value)

    def with_value(self, value: float) -> "OfFailures":
        return replace(self, value=value)

    def words(self) -> str:
        n = number_for_words(self.value)
        words = {"n": f"{self.value:g}", "op": op_words(self.op)}
        if self.metric == "failures.groups":
            said = ngettext(
                "%(op)s %(n)s group of failures has been taken up by nobody",
                "%(op)s %(n)s groups of failures have been taken up by nobody",
                n,
            )
            return said % words
        words["length"] = duration_in_words(self.window_seconds)
        said = ngettext(
            "the same went wrong %(op)s %(n)s time within %(length)s",
            "the same went wrong %(op)s %(n)s times within %(length)s",
            n,
        )
        return said % words

    def as_json(self) -> JsonObject:
        found: JsonObject = {"metric": self.metric, "op": self.op, "value": self.value}
        if self.window_seconds:
            found["window_seconds"] = self.window_seconds
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class OfCheckIn:
    """A program elsewhere that says from time to time that it is well has been silent for longer.

    One that never came does not count as silent: its first call begins the watch.
    """

    key: str
    silent_seconds: int

    def fact(self, folder_id: int) -> OwnFact:
        return OwnFact(folder_id, "check_in", self.key)

    def holds(self, folder_id: int, facts: Mapping[Any, Any], now: datetime) -> bool:
        return compares(">", facts.get(self.fact(folder_id)), self.silent_seconds)

    def words(self) -> str:
        words = {"key": self.key, "length": duration_in_words(self.silent_seconds)}
        return _("“%(key)s” has not checked in for %(length)s") % words

    def as_json(self) -> JsonObject:
        return {"check_in": self.key, "silent_seconds": self.silent_seconds}


def compares(op: str, found: Json, value: float) -> bool:
    """What is not there, or was never measured, does not hold."""
    return found is not None and COMPARE[op](found, value)


def number_for_words(value: float) -> int:
    """Return the number by which a language chooses its words; of half a bot there are many."""
    return int(value) if value == int(value) else 2


def op_words(op: str) -> str:
    return {
        ">=": _("at least"),
        ">": _("more than"),
        "<=": _("at most"),
        "<": _("less than"),
        "=": _("exactly"),
        "!=": _("not"),
    }[op]
