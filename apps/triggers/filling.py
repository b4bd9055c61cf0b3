"""Places in what a trigger starts: for the planned time, and for what happened.

`{planned_at}` and `{date}` stand for the time by the clock of the rule's zone, `{event.path.to}`
for a value of the event. A text that is one such place alone keeps the value's type; within a text
it is written out. Names of fields and other braces stay as they are.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, tzinfo
from typing import Final
from zoneinfo import ZoneInfo

import orjson
from django.utils.translation import gettext as _

from apps.lib.errors import FieldProblem, InvalidError
from apps.lib.json import Json, JsonObject

PLACE: Final = re.compile(r"\{event((?:\.[^\s{}.]+)*)\}")
# A place that stands for a whole event may be large; within a text it is for reading
MAX_WRITTEN: Final = 20_000


def filled(
    target: JsonObject, planned_at: datetime, zone: str, event: JsonObject | None = None
) -> JsonObject:
    """Return `target` with the places in its texts replaced.

    `{planned_at}` is as 2026-03-31T07:00:00+02:00, `{date}` as 2026-03-31. Raises InvalidError
    naming a value that the event does not have. `event` None: its places stay as they are.
    """
    local = planned_at.astimezone(_zone(zone)).replace(microsecond=0)
    words = {"{planned_at}": local.isoformat(), "{date}": local.date().isoformat()}
    found = _filled(target, words, event)
    assert isinstance(found, dict)
    return found


def places_of(target: Json, path: str = "") -> Iterator[str]:
    """Yield the path of each text that has a place for something of the event."""
    if isinstance(target, str):
        if PLACE.search(target):
            yield path
        return
    named: list[tuple[str, Json]] = []
    if isinstance(target, dict):
        named = list(target.items())
    elif isinstance(target, list):
        named = [(str(number), each) for number, each in enumerate(target)]
    for name, each in named:
        yield from places_of(each, f"{path}.{name}" if path else name)


def is_within(path: str, places: list[str]) -> bool:
    """Say whether `path` is that of a place, or lies above or below one."""
    return any(
        path == place or path.startswith(f"{place}.") or place.startswith(f"{path}.")
        for place in places
    )


def _filled(value: Json, words: Mapping[str, str], event: JsonObject | None) -> Json:
    if isinstance(value, str):
        return _text(value, words, event)
    elif isinstance(value, dict):
        return {name: _filled(each, words, event) for name, each in value.items()}
    elif isinstance(value, list):
        return [_filled(each, words, event) for each in value]
    else:
        return value


def _text(text: str, words: Mapping[str, str], event: JsonObject | None) -> Json:
    alone = PLACE.fullmatch(text) if event is not None else None
    if alone is not None and event is not None:
        return _value(event, alone[1])
    # what an event says is never read for places itself
    parts: list[str] = []
    end = 0
    for place in PLACE.finditer(text) if event is not None else ():
        parts += [_replaced(text[end : place.start()], words), _written(event or {}, place[1])]
        end = place.end()
    return "".join([*parts, _replaced(text[end:], words)])


def _replaced(text: str, words: Mapping[str, str]) -> str:
    for name, meaning in words.items():
        text = text.replace(name, meaning)
    return text


def _written(event: JsonObject, path: str) -> str:
    value = _value(event, path)
    if isinstance(value, str):
        return value[:MAX_WRITTEN]
    return "" if value is None else orjson.dumps(value).decode()[:MAX_WRITTEN]


def _value(event: JsonObject, path: str) -> Json:
    found: Json = event
    for name in path.split(".")[1:]:
        if isinstance(found, dict) and name in found:
            found = found[name]
        elif isinstance(found, list) and name.isascii() and name.isdigit():
            found = _element(found, int(name), path)
        else:
            raise _missing(path)
    return found


def _element(values: list[Json], number: int, path: str) -> Json:
    if number >= len(values):
        raise _missing(path)
    return values[number]


def _missing(path: str) -> InvalidError:
    message = _("What happened has no “%(name)s”.") % {"name": f"event{path}"[:200]}
    return InvalidError(message, fields=[FieldProblem("target", message)])


def _zone(name: str) -> tzinfo:
    return ZoneInfo(name) if name else UTC
