"""Following the log: what was committed since somebody looked, each line once.

Lines become visible in the order of commits, not of their times or numbers: a cursor by either
would pass by what a slower transaction wrote. So the cursor is what PostgreSQL calls a snapshot:
which transactions had ended. New is what this statement sees and that one did not.

A cursor is short: live connections carry no long ones. Where very many transactions are under way
it says less than was seen, never more: then some lines come again, and pages know their numbers.
"""

import re
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import accumulate, pairwise
from typing import Any, Final

from django.db import connection
from django.utils.translation import gettext as _

from apps.lib.errors import FieldProblem, InvalidError

from . import statements
from .lines import LogEntry
from .reading import read_row
from .scopes import Scope

# more at once than anybody can read: the newest are shown, and how many were left out
MOST: Final = 200
COUNTED: Final = 2_000
# What is said to have happened earlier than that is history when it comes in
LATEST: Final = timedelta(days=1)
# the numbers of a snapshot in hex: xmin, how far xmax is from it, and each that was under way
_WRITTEN: Final = re.compile(r"[0-9a-f]{1,16}(?:\.[0-9a-f]{1,16}){1,100}", re.ASCII)
MAX_CURSOR: Final = 180


@dataclass(frozen=True, kw_only=True)
class Tail:
    """What is new, the oldest first; `n_left_out` came before it. `cursor`: to go on from."""

    cursor: str
    entries: list[LogEntry] = field(default_factory=list)
    n_left_out: int = 0


def now() -> str:
    """Return the cursor of this moment, to be taken before what is there is read."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_current_snapshot()::text")
        [[snapshot]] = cursor.fetchall()
    return written(snapshot)


def since(scope: Scope, cursor: str) -> Tail:
    """Return what came in since the cursor. Raises InvalidError for what is none."""
    text, values = statement_since(scope, cursor)
    with connection.cursor() as reader:
        reader.execute(text, values)
        rows = reader.fetchall()
    # each row has the snapshot of the statement itself, be there lines or not
    found = [read_row(row[1:]) for row in rows if row[1] is not None]
    found.sort(key=lambda each: each.key)
    shown = found[-MOST:]
    cursor = written(str(rows[0][0]))
    return Tail(cursor=cursor, entries=shown, n_left_out=len(found) - len(shown))


def written(snapshot: str) -> str:
    """Return a snapshot, xmin:xmax:xip,xip,…, as a cursor."""
    low, high, between = snapshot.split(":")
    first, end = int(low), int(high)
    running = [int(each) for each in between.split(",") if each]
    while len(text := _in_hex(first, end, running)) > MAX_CURSOR:
        # from the last of them on, all counts as not seen
        end = running.pop()
    return text


def _in_hex(first: int, end: int, running: list[int]) -> str:
    steps = [each - before for before, each in pairwise([first, *running])]
    return ".".join(f"{number:x}" for number in (first, end - first, *steps))


def snapshot_of(cursor: str) -> str:
    """Return the snapshot that a cursor names. Raises InvalidError for what PostgreSQL refuses."""
    if len(cursor) <= MAX_CURSOR and _WRITTEN.fullmatch(cursor):
        first, length, *steps = (int(each, 16) for each in cursor.split("."))
        running, end = list(accumulate(steps, initial=first))[1:], first + length
        in_order = all(step > 0 for step in steps[1:]) and all(each < end for each in running)
        if 0 < first <= end < 2**63 and in_order:
            return f"{first}:{end}:{','.join(map(str, running))}"
    message = _("is no place to go on from")
    raise InvalidError(f"cursor: {message}.", fields=[FieldProblem("cursor", message)])


def statement_since(scope: Scope, cursor: str) -> tuple[str, dict[str, Any]]:
    """Return what asks for the lines since a cursor, and for the next cursor with them."""
    conditions, values = statements.conditions_of(scope)
    mine = ["folder_id = any (%(folders)s)", f"{scope.column} = any (%(values)s)"]
    # Below what has begun: after a restore numbers of another server may lie above. `offset 0` is a
    # fence: for the order and the limit the planner would else walk a folder's whole last day.
    text = f"""
select said.now::text, l.*
  from (select pg_current_snapshot() as now) as said
  left join lateral (
       select {statements.SHOWN} from (
              select * from bots_logline
               where written_in >= pg_snapshot_xmin(%(cursor)s::pg_snapshot)
                 and written_in < pg_snapshot_xmax(said.now)
                 and not pg_visible_in_snapshot(written_in, %(cursor)s::pg_snapshot)
                 and at > now() - %(latest)s
              offset 0) as new
        where {" and ".join([*mine, *conditions])}
        order by at desc, id desc
        limit %(counted)s) as l on true"""  # noqa: S608 - columns of our own
    return text, {
        **values,
        "cursor": snapshot_of(cursor),
        "latest": LATEST,
        "folders": list(scope.folders),
        "values": list(scope.values),
        "counted": COUNTED,
    }
