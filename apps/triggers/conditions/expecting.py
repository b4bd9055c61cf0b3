"""What should be there by the times of a trigger, and whether it is."""

from dataclasses import dataclass
from typing import Any, Final, Literal, cast

from django.utils.translation import gettext as _

from apps.lib.errors import FieldProblem, InvalidError
from apps.lib.json import JsonObject
from apps.triggers.timing.reading import Reading

from .parsing import key_of

MAX_ITEMS: Final = 100_000
MAX_PATH: Final = 300
FIELDS: Final = {"items": {"queue", "at_least"}, "trigger": set(), "file": {"folder", "pattern"}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """Items: `at_least` so many, new in the queue `key`. Trigger: a start of the one called `key`.
    File: one in the watched folder `key` whose name fits `pattern`."""

    kind: Literal["items", "trigger", "file"]
    key: str
    at_least: int = 1
    pattern: str = ""


def time_part(rule: JsonObject) -> JsonObject:
    """Return the times alone of the rule of a trigger that expects something."""
    return {name: value for name, value in rule.items() if name != "expects"}


def parse_expected(rule: JsonObject) -> Expected:
    """Return what `rule` expects. Raises InvalidError naming the field, as in `expects.items`."""
    said = rule.get("expects")
    if not isinstance(said, dict) or len(said) != 1 or next(iter(said)) not in FIELDS:
        known = ", ".join(FIELDS)
        _refuse([FieldProblem("expects", _("must have one of: %(known)s") % {"known": known})])
    kind, what = next(iter(cast(dict[str, Any], said).items()))
    if kind == "trigger":
        reading = Reading({"zone": "UTC", "trigger": what})
        expected = Expected(kind="trigger", key=key_of(reading, "trigger"))
        at = "expects"
    elif isinstance(what, dict):
        reading = Reading({"zone": "UTC", **what})
        reading.only({*FIELDS[kind], "zone"} if "zone" not in what else FIELDS[kind])
        expected = _items(reading) if kind == "items" else _file(reading)
        at = f"expects.{kind}"
    else:
        _refuse([FieldProblem(f"expects.{kind}", _("must be an object"))])
    _refuse([FieldProblem(f"{at}.{each.path}", each.message) for each in reading.problems])
    return expected


def expected_words(expected: Expected) -> str:
    """Return what is expected, as a part of a sentence."""
    if expected.kind == "items":
        words = {"n": expected.at_least, "queue": expected.key}
        one = _("a new item in “%(queue)s”")
        return (one if words["n"] == 1 else _("%(n)d new items in “%(queue)s”")) % words
    if expected.kind == "trigger":
        return _("a start of the trigger “%(key)s”") % {"key": expected.key}
    words = {"pattern": expected.pattern, "folder": expected.key}
    return _("a file “%(pattern)s” in “%(folder)s”") % words


def _items(reading: Reading) -> Expected:
    n = reading.whole("at_least", 1, MAX_ITEMS, 1)
    return Expected(kind="items", key=key_of(reading, "queue"), at_least=n)


def _file(reading: Reading) -> Expected:
    for name in ("folder", "pattern"):
        if len(str(reading.said.get(name, ""))) > MAX_PATH:
            reading.wrong(name, _("is longer than %(n)d characters") % {"n": MAX_PATH})
    folder, pattern = key_of(reading, "folder"), key_of(reading, "pattern")
    return Expected(kind="file", key=folder, pattern=pattern)


def _refuse(problems: list[FieldProblem]) -> None:
    if problems:
        said = "; ".join(f"{each.path} {each.message}" for each in problems[:5])
        raise InvalidError(said, fields=problems)
