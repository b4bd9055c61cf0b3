"""Lines that runs and lease holders say: stored in bulk, bounded in length and in number."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from threading import Lock
from time import monotonic
from typing import Any, get_args

from django.db import InterfaceError, OperationalError, connection
from django.utils.translation import gettext as _

from apps.events import live
from apps.lib.secrecy import masked

from .contexts import Level

log = logging.getLogger(__name__)

MAX_MESSAGE = 8_000
LINES_PER_SECOND = 200
BURST_LINES = 1_000
# What is kept while PostgreSQL is away: 16 million characters at most
MAX_HELD_LINES = 2_000
LEVELS = frozenset(get_args(Level))


@dataclass(frozen=True, slots=True)
class Line:
    message: str
    level: Level = "info"
    item_id: int | None = None
    attempt: int | None = None
    # how long ago it was said, when it waited in a buffer; times are the database's
    seconds_ago: float = 0.0


INSERT = """
insert into bots_logline (at, run_id, item_id, attempt, level, message)
select clock_timestamp() - make_interval(secs => ago), %(run)s, item, attempt, level, message
  from unnest(%(agos)s::float8[], %(items)s::bigint[], %(attempts)s::integer[],
              %(levels)s::text[], %(messages)s::text[])
       with ordinality as said (ago, item, attempt, level, message, place)
 order by place
"""


def append_log(run_id: int | None, lines: Sequence[Line]) -> None:
    """Store lines of a run (None: of a lease holder outside) in one statement."""
    if lines:
        _insert(run_id, [_storable(line) for line in lines])


def _insert(run_id: int | None, lines: Sequence[Line]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            INSERT,
            {
                "run": run_id,
                "agos": [float(line.seconds_ago) for line in lines],
                "items": [line.item_id for line in lines],
                "attempts": [line.attempt for line in lines],
                "levels": [line.level for line in lines],
                "messages": [line.message for line in lines],
            },
        )
    topics = {f"item:{line.item_id}" for line in lines[:20] if line.item_id}
    live.nudge(*topics, *([f"run:{run_id}"] if run_id else []))


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

    def __init__(self, run_id: int) -> None:
        self.run_id = run_id
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
                _insert(self.run_id, lines)
        except (OperationalError, InterfaceError):
            with self._lock:
                self._lines = taken + self._lines
                self._n_dropped += n_dropped
            raise
        except Exception:
            # kept, they would stand in the way of all that comes
            log.exception("%d lines of run %s can't be stored", len(taken), self.run_id)

    def _reckon(self) -> None:
        moment = monotonic()
        earned = (moment - self._reckoned_at) * LINES_PER_SECOND
        self._allowance = min(float(BURST_LINES), self._allowance + earned)
        self._reckoned_at = moment


def _storable(line: Line) -> Line:
    level: Level = line.level if text_of(line.level) in LEVELS else "info"
    return replace(line, message=storable_text(text_of(line.message)), level=level)


def _dated(taken: list[tuple[float, Line]], n_dropped: int) -> list[Line]:
    moment = monotonic()
    lines = [
        Line(line.message, line.level, line.item_id, line.attempt, moment - said_at)
        for said_at, line in taken
    ]
    if n_dropped:
        text = _("%(n)d lines left out: more than %(limit)d a second, or than can wait.")
        lines.append(Line(text % {"n": n_dropped, "limit": LINES_PER_SECOND}, "warning"))
    return lines
