"""Makes the rule of an alert of what people and programs write."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final, cast

from django.utils.translation import gettext as _

from apps.lib.errors import FieldProblem, InvalidError
from apps.lib.json import Json, JsonObject
from apps.triggers.conditions import OfQueue, leaves_of, parse_state
from apps.triggers.conditions.parsing import key_of
from apps.triggers.conditions.tree import COMPARE
from apps.triggers.timing.reading import Reading

from .own import FLOWS, OfBots, OfCheckIn, OfFailures, OfFlow
from .tree import Borrowed, Condition, Group, Rule, Test, conditions_in

JOINS: Final = ("all", "any")
BESIDE: Final = {"for_seconds", "clear_seconds", "zone"}
MAX_CONDITIONS: Final = 20
LONGEST_SECONDS: Final = 31 * 86_400
SHORTEST_WINDOW, LONGEST_WINDOW = 60, 86_400
USUAL_WINDOW: Final = 1_800
# bots beat each second: a shorter silence means nothing
SHORTEST_SILENCE: Final = 15
USUAL_SILENCE: Final = 60
USUAL_FOR: Final = 0
USUAL_CLEAR: Final = 60
MOST: Final = 1e15


def parse_rule(said: JsonObject) -> Rule:
    """Return the rule that `said` describes; docs/alerts.md says how to write it.

    Raises InvalidError naming each field that is wrong, as in `all.0.op`.
    """
    reading = Reading({"zone": "UTC", **said})
    reading.only({*JOINS, *BESIDE})
    rule = Rule(
        when=_group(reading, said, "", is_top=True),
        zone=reading.zone,
        for_seconds=reading.whole("for_seconds", 0, LONGEST_SECONDS, USUAL_FOR),
        clear_seconds=reading.whole("clear_seconds", 0, LONGEST_SECONDS, USUAL_CLEAR),
    )
    if sum(1 for _each in conditions_in(rule.when)) > MAX_CONDITIONS:
        words = {"n": MAX_CONDITIONS}
        reading.wrong(rule.when.join, _("has more than %(n)d conditions") % words)
    reading.check()
    return rule


def _group(reading: Reading, said: JsonObject, path: str, *, is_top: bool) -> Group:
    """Read what is joined, one level deep, and note what is wrong in the reading of the rule."""
    joins = [name for name in JOINS if name in said]
    if len(joins) != 1:
        reading.wrong(f"{path}all", _("say either “all” or “any”: a list of conditions"))
        return Group(join="all", members=())
    join = joins[0]
    values = said[join]
    if not isinstance(values, list) or not values:
        reading.wrong(f"{path}{join}", _("must be a list of at least one condition"))
        return Group(join="all", members=())
    members = [
        _member(reading, value, f"{path}{join}.{n}", may_nest=is_top)
        for n, value in enumerate(values)
    ]
    found = tuple(member for member in members if member is not None)
    return Group(join=cast(Any, join), members=found)


def _member(
    reading: Reading, said: Json, path: str, *, may_nest: bool
) -> "Condition | Group | None":
    if not isinstance(said, dict):
        reading.wrong(path, _("must be an object"))
        return None
    if any(name in said for name in JOINS):
        if may_nest and len(said) == 1:
            return _group(reading, said, f"{path}.", is_top=False)
        reading.wrong(path, _("can't be nested deeper, and has nothing beside it"))
        return None
    try:
        return _condition(reading, said)
    except InvalidError as error:
        reading.problems += [
            FieldProblem(".".join(filter(None, (path, each.path))), each.message)
            for each in error.fields
        ]
        return None


def _condition(reading: Reading, said: JsonObject) -> Condition:
    """Raises InvalidError whose paths begin within the condition."""
    bare = {name: value for name, value in said.items() if name != "clear"}
    own = _own_kind(bare)
    test = own(bare) if own else _borrowed(bare, reading)
    if "clear" not in said:
        return Condition(test, test)
    clear = _clear(test, said["clear"])
    return Condition(test, _with_value(test, clear), clear)


def _own_kind(said: JsonObject) -> "Callable[[JsonObject], Test] | None":
    if "check_in" in said:
        return _check_in
    metric = said.get("metric")
    return _METRICS.get(metric) if isinstance(metric, str) else None


def _borrowed(said: JsonObject, reading: Reading) -> Test:
    """Read it as a state trigger would; its paths are `all.0.op` there."""
    try:
        rule = parse_state({"all": [said], "zone": reading.zone.key})
    except InvalidError as error:
        fields = [
            FieldProblem(each.path.removeprefix("all.0").removeprefix("."), _also_known(each, said))
            for each in error.fields
        ]
        raise InvalidError(error.message, fields=fields) from None
    return Borrowed(next(leaves_of(rule.when)), reading.zone)


def _also_known(problem: FieldProblem, said: JsonObject) -> str:
    """Name our own metrics, too, where a metric is not known."""
    if problem.path == "all.0.metric" and isinstance(said.get("metric"), str):
        return f"{problem.message}, {', '.join(_METRICS)}"
    return problem.message


def _flow(said: JsonObject) -> Test:
    part = _part(said, {"metric", "queue", "op", "value", "window_seconds"})
    test = OfFlow(
        metric=cast(Any, part.choice("metric", FLOWS)),
        queue=key_of(part, "queue"),
        op=part.choice("op", COMPARE),
        value=_number(part, "value"),
        window_seconds=part.whole("window_seconds", SHORTEST_WINDOW, LONGEST_WINDOW, USUAL_WINDOW),
    )
    part.check()
    return test


def _bots(said: JsonObject) -> Test:
    part = _part(said, {"metric", "pool", "op", "value", "silent_seconds"})
    test = OfBots(
        pool=key_of(part, "pool") if said.get("pool") else "",
        op=part.choice("op", COMPARE),
        value=_number(part, "value"),
        silent_seconds=part.whole(
            "silent_seconds", SHORTEST_SILENCE, LONGEST_SECONDS, USUAL_SILENCE
        ),
    )
    part.check()
    return test


def _failures(said: JsonObject) -> Test:
    is_worst = said.get("metric") == "failures.worst"
    more = {"window_seconds"} if is_worst else set[str]()
    part = _part(said, {"metric", "op", "value", *more})
    window = 0
    if is_worst:
        window = part.whole("window_seconds", SHORTEST_WINDOW, LONGEST_WINDOW, USUAL_WINDOW)
    test = OfFailures(
        metric=cast(Any, said["metric"]),
        op=part.choice("op", COMPARE),
        value=_number(part, "value"),
        window_seconds=window,
    )
    part.check()
    return test


def _check_in(said: JsonObject) -> Test:
    part = _part(said, {"check_in", "silent_seconds"})
    test = OfCheckIn(
        key=key_of(part, "check_in"),
        silent_seconds=part.whole("silent_seconds", SHORTEST_SILENCE, LONGEST_SECONDS),
    )
    part.check()
    return test


_METRICS: Final[Mapping[str, "Callable[[JsonObject], Test]"]] = {
    "queue.finished": _flow,
    "queue.added": _flow,
    "bots.silent": _bots,
    "failures.groups": _failures,
    "failures.worst": _failures,
}


def _part(said: JsonObject, known: set[str]) -> Reading:
    part = Reading({"zone": "UTC", **said})
    part.only(known if "zone" in said else {*known, "zone"})
    return part


def _number(part: Reading, field: str) -> float:
    value = part.said.get(field)
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= MOST:
        return value
    part.wrong(field, _("must be a number from 0 on"))
    return 0


def _clear(test: Test, said: Json) -> float:
    """Return the value that ends it: on the easier side of the one that begins it."""
    compared = _compared(test)
    if compared is None:
        raise _refusal(_("is for numbers of queues, bots and failures only"))
    op, value = compared
    if op not in (">=", ">", "<=", "<"):
        raise _refusal(_("goes with more and less only, not with = or !="))
    is_number = isinstance(said, int | float) and not isinstance(said, bool)
    if not is_number or not 0 <= cast(float, said) <= MOST:
        raise _refusal(_("must be a number from 0 on"))
    clear = cast(float, said)
    if op in (">=", ">") and clear > value:
        raise _refusal(_("must be at most the value that begins it"))
    if op in ("<=", "<") and clear < value:
        raise _refusal(_("must be at least the value that begins it"))
    return clear


def _compared(test: Test) -> tuple[str, float] | None:
    """Return how and with what a number is compared; None for what is no number."""
    if isinstance(test, Borrowed):
        leaf = test.leaf
        return (leaf.op, leaf.value) if isinstance(leaf, OfQueue) else None
    if isinstance(test, OfFlow | OfBots | OfFailures):
        return test.op, test.value
    return None


def _with_value(test: Test, value: float) -> Test:
    if isinstance(test, Borrowed) and isinstance(test.leaf, OfQueue):
        return replace(test, leaf=replace(test.leaf, value=value))
    assert isinstance(test, OfFlow | OfBots | OfFailures)
    return test.with_value(value)


def _refusal(message: str) -> InvalidError:
    return InvalidError(message, fields=[FieldProblem("clear", message)])
