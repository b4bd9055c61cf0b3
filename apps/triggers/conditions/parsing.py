"""Makes the conditions of a state trigger of what people and programs write."""

from collections.abc import Callable, Mapping
from typing import Any, Final, cast

from django.utils.translation import gettext as _

from apps.lib.errors import FieldProblem
from apps.lib.json import Json, JsonObject
from apps.triggers.timing.reading import Reading

from .tree import COMPARE, Joined, Leaf, OfAsset, OfEnd, OfQueue, OfTrigger, StateRule

JOINS: Final = ("all", "any")
METRICS: Final = (
    "queue.ready",
    "queue.oldest_seconds",
    "queue.in_progress",
    "queue.needs_decision",
    "queue.failure_share",
)
ENDS: Final = ("successful", "failed", "any")
MODES: Final = ("edge", "level")
ONCE_PER: Final = ("", "business_date")
BESIDE: Final = {"mode", "for_seconds", "cool_down_seconds", "once_per", "zone"}
MAX_CONDITIONS: Final = 20
MAX_KEY: Final = 150
MAX_TEXT: Final = 1_000
LONGEST_SECONDS: Final = 31 * 86_400
# Counted by minutes, and asked each second
SHORTEST_WINDOW, LONGEST_WINDOW = 60, 86_400
USUAL_WINDOW: Final = 600
# A level that holds starts something again and again
SHORTEST_COOL_DOWN: Final = 10
MAX_NUMBER: Final = 1e15


def parse_state(said: JsonObject) -> StateRule:
    """Return the rule that `said` describes; docs/triggers.md says how to write it.

    Raises InvalidError naming each field that is wrong, as in `all.0.op`.
    """
    reading = Reading({"zone": "UTC", **said})
    reading.only({*JOINS, *BESIDE})
    mode = _choice(reading, "mode", MODES)
    once_per = _choice(reading, "once_per", ONCE_PER)
    if once_per and "zone" not in said:
        reading.missing("zone", _("is missing: where does a day begin?"))
    rule = StateRule(
        when=_Conditions(reading).read(),
        zone=reading.zone,
        mode=cast(Any, mode),
        for_seconds=reading.whole("for_seconds", 0, LONGEST_SECONDS, 0),
        cool_down_seconds=reading.whole("cool_down_seconds", 0, LONGEST_SECONDS, 0),
        once_per=cast(Any, once_per),
    )
    if mode == "level" and rule.cool_down_seconds < SHORTEST_COOL_DOWN:
        words = {"n": SHORTEST_COOL_DOWN}
        problem = _("must be at least %(n)d: it starts again and again while its conditions hold")
        reading.missing("cool_down_seconds", problem % words)
    reading.check()
    return rule


class _Conditions:
    """Reads what is joined, one level deep, and notes what is wrong in the reading of the rule."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.n = 0

    def read(self) -> Joined:
        joined = self._joined(self.reading.said, "", is_top=True)
        if self.n > MAX_CONDITIONS:
            self.reading.wrong(
                joined.join, _("has more than %(n)d conditions") % {"n": MAX_CONDITIONS}
            )
        return joined

    def _joined(self, said: JsonObject, path: str, *, is_top: bool) -> Joined:
        joins = [name for name in JOINS if name in said]
        if len(joins) != 1:
            words = _("say either “all” or “any”: a list of conditions")
            self.reading.wrong(f"{path}all", words)
            return Joined(join="all", members=())
        join, values = joins[0], said[joins[0]]
        if not isinstance(values, list) or not values:
            self.reading.wrong(f"{path}{join}", _("must be a list of at least one condition"))
            return Joined(join="all", members=())
        at = f"{path}{join}."
        members = [
            self._member(value, f"{at}{number}", is_top) for number, value in enumerate(values)
        ]
        found = tuple(member for member in members if member is not None)
        return Joined(join=cast(Any, join), members=found)

    def _member(self, said: Json, path: str, may_nest: bool) -> Leaf | Joined | None:  # noqa: FBT001
        if not isinstance(said, dict):
            self.reading.wrong(path, _("must be an object"))
            return None
        if any(name in said for name in JOINS):
            if not may_nest or len(said) > 1:
                problem = _("can't be nested deeper, and has nothing beside it")
                self.reading.wrong(path, problem)
                return None
            return self._joined(said, f"{path}.", is_top=False)
        self.n += 1
        return self._leaf(said, path)

    def _leaf(self, said: JsonObject, path: str) -> Leaf | None:
        for name, (fields, read) in _LEAVES.items():
            if name in said:
                part = Reading({"zone": "UTC", **said})
                part.only({*fields, "zone"} if "zone" not in said else fields)
                leaf = read(part)
                self.reading.problems += [
                    FieldProblem(f"{path}.{each.path}", each.message) for each in part.problems
                ]
                return leaf if not part.problems else None
        known = ", ".join(_LEAVES)
        self.reading.wrong(path, _("must have one of: %(known)s") % {"known": known})
        return None


def _of_queue(part: Reading) -> Leaf:
    metric = part.choice("metric", METRICS)
    share = metric == "queue.failure_share"
    window = 0
    if share:
        window = part.whole("window_seconds", SHORTEST_WINDOW, LONGEST_WINDOW, USUAL_WINDOW)
    elif "window_seconds" in part.said:
        part.wrong("window_seconds", _("is for failure shares only"))
    return OfQueue(
        metric=cast(Any, metric),
        queue=key_of(part, "queue"),
        op=part.choice("op", COMPARE),
        value=_number(part, 1.0 if share else MAX_NUMBER),
        window_seconds=window,
    )


def _of_asset(part: Reading) -> Leaf:
    op, value = part.choice("op", COMPARE), part.said.get("value")
    if not isinstance(value, str | bool | int | float):
        part.wrong("value", _("must be text, a number, true or false"))
        value = ""
    elif isinstance(value, str) and len(value) > MAX_TEXT:
        part.wrong("value", _("is longer than %(n)d characters") % {"n": MAX_TEXT})
    elif op not in ("=", "!=", "") and isinstance(value, str | bool):
        part.wrong("op", _("goes with numbers only: take = or !="))
    return OfAsset(asset=key_of(part, "asset"), op=op, value=value)


def _of_end(kind: str) -> Callable[[Reading], Leaf]:
    def read(part: Reading) -> Leaf:
        within = part.said.get("within")
        if within != "today":
            within = part.whole("within", 1, LONGEST_SECONDS)
        ended = part.choice("ended", ENDS)
        return OfEnd(
            kind=cast(Any, kind),
            key=key_of(part, kind),
            ended=cast(Any, ended),
            within=cast(Any, within),
        )

    return read


def _of_trigger(part: Reading) -> Leaf:
    part.choice("fired", ("today",))
    return OfTrigger(trigger=key_of(part, "trigger"))


# by the field that says which it is: the fields it has, and what reads it
_LEAVES: Final[Mapping[str, tuple[set[str], Callable[[Reading], Leaf]]]] = {
    "metric": ({"metric", "queue", "op", "value", "window_seconds"}, _of_queue),
    "asset": ({"asset", "op", "value"}, _of_asset),
    "workflow": ({"workflow", "ended", "within"}, _of_end("workflow")),
    "automation": ({"automation", "ended", "within"}, _of_end("automation")),
    "trigger": ({"trigger", "fired"}, _of_trigger),
}


def key_of(part: Reading, field: str) -> str:
    """Return the key of a thing; whether there is one, others look up."""
    value = part.said.get(field)
    if isinstance(value, str) and 0 < len(value) <= MAX_KEY and value.isprintable():
        return value
    part.wrong(field, _("is missing"))
    return ""


def _number(part: Reading, most: float) -> float:
    value = part.said.get("value")
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= most:
        return value
    words = {"most": int(most)}
    text = (
        _("must be a number from 0 to %(most)d") if most == 1 else _("must be a number from 0 on")
    )
    part.wrong("value", text % words if most == 1 else text)
    return 0


def _choice(reading: Reading, field: str, choices: tuple[str, ...]) -> str:
    """Return one of `choices`, the first of them where nothing is said."""
    return reading.choice(field, choices) if field in reading.said else choices[0]
