"""Lines that runs and lease holders say: stored in bulk, bounded in length and in number."""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from threading import Lock
from time import monotonic
from typing import Any, get_args

import orjson
import structlog
from django.db import InterfaceError, OperationalError, connection
from django.utils.translation import gettext as _

from apps.events import live
from apps.lib.json import JsonObject
from apps.lib.secrecy import masked, masked_json

from .contexts import Level
from .models import MAX_CORRELATION, MAX_STEP
from .whereabouts import NOWHERE, Place, places_of

log = logging.getLogger(__name__)

MAX_MESSAGE = 8_000
LINES_PER_SECOND = 200
BURST_LINES = 1_000
# What is kept while PostgreSQL is away: 16 million characters at most
MAX_HELD_LINES = 2_000
LEVELS = frozenset(get_args(Level))


# Details of a line, as JSON; longer ones are left out, and the line says so
MAX_FIELDS_BYTES = 8_000
# Where so many items belong is kept in mind between two writes
MAX_PLACES_KEPT = 1_000


@dataclass(frozen=True, slots=True)
class Line:
    message: str
    level: Level = "info"
    item_id: int | None = None
    attempt: int | None = None
    # how long ago it was said, when it waited in a buffer; times are the database's
    seconds_ago: float = 0.0
    # of a workflow: for what says it itself; about an item, its place is looked up
    step: str = ""
    instance_id: int | None = None
    token: int | None = None
    correlation_id: str = ""
    fields: JsonObject = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Speaker:
    """Who says lines. Those about an item lie in the folder of its queue, all others in this."""

    folder_id: int
    run_id: int | None = None
    bot_id: int | None = None


# `floor`: no line is older, so that those of one speaker stay in order from write to write
INSERT = """
with said as (
    insert into bots_logline
           (at, folder_id, run_id, bot_id, queue_id, item_id, attempt, instance_id, token, step,
            correlation_id, level, message, fields)
    select greatest(clock_timestamp() - make_interval(secs => ago), %(floor)s::timestamptz),
           folder, run, bot, queue, item, attempt, instance, token, step, correlation, level,
           message, fields::jsonb
      from unnest(%(agos)s::float8[], %(folders)s::bigint[], %(runs)s::bigint[],
                  %(bots)s::bigint[], %(queues)s::bigint[], %(items)s::bigint[],
                  %(attempts)s::integer[], %(instances)s::bigint[], %(tokens)s::integer[],
                  %(steps)s::text[], %(correlations)s::text[], %(levels)s::text[],
                  %(messages)s::text[], %(fields)s::text[])
           with ordinality as said (ago, folder, run, bot, queue, item, attempt, instance, token,
                                    step, correlation, level, message, fields, number)
     order by number
    returning at
)
select max(at) from said
"""
TOPIC = "log"
TOPICS_OF_LINES = 20


def append_log(speaker: Speaker, lines: Sequence[Line]) -> None:
    """Store what somebody said, in one statement: all of it, or nothing."""
    if lines:
        stored = [_storable(line) for line in lines]
        _insert([speaker] * len(stored), stored, places_of(_items_in(stored)))


def append_each(said: Sequence[tuple[Speaker, Line]]) -> None:
    """Store lines of several speakers, in one statement."""
    if said:
        stored = [_storable(line) for _speaker, line in said]
        _insert([speaker for speaker, _line in said], stored, places_of(_items_in(stored)))


def _insert(
    speakers: Sequence[Speaker],
    lines: Sequence[Line],
    places: Mapping[int, Place],
    floor: datetime | None = None,
) -> datetime:
    """Return the time of the last line."""
    there = [places.get(line.item_id or 0, NOWHERE) for line in lines]
    values = {
        "floor": floor,
        "agos": [float(line.seconds_ago) for line in lines],
        "folders": [
            place.folder_id or speaker.folder_id
            for speaker, place in zip(speakers, there, strict=True)
        ],
        "runs": [speaker.run_id for speaker in speakers],
        "bots": [speaker.bot_id for speaker in speakers],
        "queues": [place.queue_id for place in there],
        "items": [line.item_id for line in lines],
        "attempts": [line.attempt for line in lines],
        "instances": [_first(line.instance_id, at.instance_id) for line, at in _both(lines, there)],
        "tokens": [_first(line.token, at.token) for line, at in _both(lines, there)],
        "steps": [(line.step or at.step)[:MAX_STEP] for line, at in _both(lines, there)],
        "correlations": [line.correlation_id or _request_id() for line in lines],
        "levels": [line.level for line in lines],
        "messages": [line.message for line in lines],
        "fields": [orjson.dumps(line.fields).decode() for line in lines],
    }
    with connection.cursor() as cursor:
        cursor.execute(INSERT, values)
        [[last]] = cursor.fetchall()
    _nudge(speakers, lines)
    moment: datetime = last
    return moment


def _both(lines: Sequence[Line], there: Sequence[Place]) -> Iterator[tuple[Line, Place]]:
    return zip(lines, there, strict=True)


def _first(said: int | None, known: int | None) -> int | None:
    return known if said is None else said


def _items_in(lines: Iterable[Line]) -> set[int]:
    return {line.item_id for line in lines if line.item_id}


def _request_id() -> str:
    """Return what the request is called that this happens in; "" outside of one."""
    said = str(structlog.contextvars.get_contextvars().get("request_id", ""))
    return said[:MAX_CORRELATION]


def _nudge(speakers: Sequence[Speaker], lines: Sequence[Line]) -> None:
    items = {f"item:{line.item_id}" for line in lines[:TOPICS_OF_LINES] if line.item_id}
    runs = {f"run:{each.run_id}" for each in speakers[:TOPICS_OF_LINES] if each.run_id}
    live.nudge(TOPIC, *items, *runs)


def text_of(value: Any) -> str:
    """Return `value` as a person may read it; never raises, whatever automations hand over."""
    try:
        return str(value)
    except Exception:
        return f"<{type(value).__name__}>"


def storable_text(text: str, limit: int = MAX_MESSAGE) -> str:
    """Return what PostgreSQL takes of `text`, cut with a mark that says how much is missing.

    Secrets that this process was given are dots in it; they are found before the cut.
    """
    text = masked(text).replace("\x00", "�").encode("utf-8", "replace").decode("utf-8")
    if len(text) <= limit:
        return text
    return text[:limit] + " " + _("… (%d more characters cut off)") % (len(text) - limit)


class LogBuffer:
    """Collects the lines of one run between two writes; drops, and counts, what is too much."""

    def __init__(self, speaker: Speaker) -> None:
        self.speaker = speaker
        # when its last line was said, and where items belong that it spoke of
        self._last: datetime | None = None
        self._places: dict[int, Place] = {}
        self._lines: list[tuple[float, Line]] = []
        self._lock = Lock()
        self._allowance = float(BURST_LINES)
        self._reckoned_at = monotonic()
        self._n_dropped = 0

    def add(self, line: Line) -> None:
        """Keep a line for the next flush, as what can be stored; never raises."""
        line = _storable(line)
        with self._lock:
            self._reckon()
            if self._allowance >= 1 and len(self._lines) < MAX_HELD_LINES:
                self._allowance -= 1
                self._lines.append((monotonic(), line))
            else:
                self._n_dropped += 1

    def flush(self) -> None:
        """Write what was collected; raises, and keeps it, while PostgreSQL is away."""
        with self._lock:
            taken, self._lines = self._lines, []
            n_dropped, self._n_dropped = self._n_dropped, 0
        lines = _dated(taken, n_dropped)
        try:
            if lines:
                places = self._places_of(_items_in(lines))
                self._last = _insert([self.speaker] * len(lines), lines, places, self._last)
        except (OperationalError, InterfaceError):
            with self._lock:
                self._lines = taken + self._lines
                self._n_dropped += n_dropped
            raise
        except Exception:
            # kept, they would stand in the way of all that comes
            log.exception("%d lines of run %s can't be stored", len(taken), self.speaker.run_id)

    def _places_of(self, items: set[int]) -> dict[int, Place]:
        unknown = items - self._places.keys()
        if unknown:
            if len(self._places) + len(unknown) > MAX_PLACES_KEPT:
                self._places.clear()
                unknown = items
            self._places.update(places_of(unknown))
        return self._places

    def _reckon(self) -> None:
        moment = monotonic()
        earned = (moment - self._reckoned_at) * LINES_PER_SECOND
        self._allowance = min(float(BURST_LINES), self._allowance + earned)
        self._reckoned_at = moment


def _storable(line: Line) -> Line:
    level: Level = line.level if text_of(line.level) in LEVELS else "info"
    message, fields = storable_text(text_of(line.message)), _storable_fields(line.fields)
    if fields is None:
        left_out = _("(Its details are too long, or can not be stored.)")
        fields, message = {}, f"{message} {left_out}"
    return replace(
        line,
        message=message,
        level=level,
        fields=fields,
        step=storable_text(text_of(line.step))[:MAX_STEP],
        correlation_id=storable_text(text_of(line.correlation_id))[:MAX_CORRELATION],
    )


def _storable_fields(fields: Any) -> JsonObject | None:
    """Return what PostgreSQL takes of the details, secrets masked; None if it can't."""
    if not fields:
        return {}
    try:
        text = orjson.dumps(fields, default=text_of, option=orjson.OPT_NON_STR_KEYS).decode()
        clean = orjson.loads(text.replace("\\u0000", "�"))
    except (TypeError, ValueError, RecursionError):
        return None
    if len(text.encode()) > MAX_FIELDS_BYTES or not isinstance(clean, dict):
        return None
    found: JsonObject = masked_json(clean)
    return found


def _dated(taken: list[tuple[float, Line]], n_dropped: int) -> list[Line]:
    moment = monotonic()
    lines = [replace(line, seconds_ago=moment - said_at) for said_at, line in taken]
    if n_dropped:
        text = _("%(n)d lines left out: more than %(limit)d a second, or than can wait.")
        lines.append(Line(text % {"n": n_dropped, "limit": LINES_PER_SECOND}, "warning"))
    return lines
