"""What should be there by the times of a trigger, and whether it is."""

from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from typing import Any, Final, Literal, cast

from django.utils.translation import gettext as _

from apps.lib.errors import FieldProblem, InvalidError
from apps.lib.json import JsonObject
from apps.triggers.timing.reading import Reading

from .parsing import key_of

MAX_ITEMS: Final = 100_000
MAX_PATH: Final = 300
SINCE: Final = ("midnight", "previous")
FIELDS: Final[dict[str, set[str]]] = {
    "items": {"queue", "at_least"},
    "trigger": set(),
    "file": {"folder", "pattern"},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """Items: `at_least` so many, new in the queue `key`. Trigger: a start of the one called `key`.
    File: one in the watched folder `key` whose name fits `pattern`.

    What came counts `since` the time before, or since midnight if that was later ("midnight").
    """

    kind: Literal["items", "trigger", "file"]
    key: str
    at_least: int = 1
    pattern: str = ""
    since: Literal["midnight", "previous"] = "midnight"

    def begins(self, planned_at: datetime, previous: datetime | None, zone: tzinfo) -> datetime:
        """Return from when on what came counts for that time; `previous` is the time before."""
        local = planned_at.astimezone(zone)
        midnight = local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
        if previous is None:
            return midnight
        return previous if self.since == "previous" else max(previous, midnight)


def time_part(rule: JsonObject) -> JsonObject:
    """Return the times alone of the rule of a trigger that expects something."""
    return {name: value for name, value in rule.items() if name != "expects"}


def parse_expected(rule: JsonObject) -> Expected:
    """Return what `rule` expects. Raises InvalidError naming the field, as in `expects.items`."""
    said = rule.get("expects")
    known = [name for name in FIELDS if isinstance(said, dict) and name in said]
    if not isinstance(said, dict) or len(known) != 1 or said.keys() - {*known, "since"}:
        names = ", ".join(FIELDS)
        _refuse([FieldProblem("expects", _("must have one of: %(known)s") % {"known": names})])
    since, kind = cast(Any, said).get("since", SINCE[0]), known[0]
    if since not in SINCE:
        words = {"known": ", ".join(SINCE)}
        _refuse([FieldProblem("expects.since", _("must be one of: %(known)s") % words)])
    what = cast(Any, said)[kind]
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
    return replace(expected, since=since)


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
