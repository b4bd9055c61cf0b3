"""Following the log: what was committed since somebody looked, each line once.

Lines become visible in the order of commits, not of their times or numbers: a cursor by either
would pass by what a slower transaction wrote. So the cursor is what PostgreSQL calls a snapshot:
which transactions had ended. New is what this statement sees and that one did not.
"""

import re
from dataclasses import dataclass, field
from datetime import timedelta
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
# xmin:xmax:xip,xip,…
_SNAPSHOT: Final = re.compile(
    r"[0-9]{1,19}:[0-9]{1,19}:(?:[0-9]{1,19}(?:,[0-9]{1,19})*)?", re.ASCII
)
MAX_SNAPSHOT: Final = 40_000


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
    return str(snapshot)


def since(scope: Scope, cursor: str) -> Tail:
    """Return what came in since the cursor. Raises InvalidError for what is none."""
    if len(cursor) > MAX_SNAPSHOT or not _is_snapshot(cursor):
        message = _("is no place to go on from")
        raise InvalidError(f"cursor: {message}.", fields=[FieldProblem("cursor", message)])
    text, values = statement_since(scope, cursor)
    with connection.cursor() as reader:
        reader.execute(text, values)
        rows = reader.fetchall()
    # the first row is the snapshot itself, in the same statement as the lines
    found = [read_row(row[1:]) for row in rows if row[1] is not None]
    found.sort(key=lambda each: each.key)
    shown = found[-MOST:]
    return Tail(cursor=str(rows[0][0]), entries=shown, n_left_out=len(found) - len(shown))


def _is_snapshot(cursor: str) -> bool:
    if not _SNAPSHOT.fullmatch(cursor):
        return False
    low, high, between = cursor.split(":")
    running = [int(each) for each in between.split(",") if each]
    # as PostgreSQL would insist on
    in_order = all(a < b for a, b in zip(running, running[1:], strict=False))
    within = all(int(low) <= each < int(high) for each in running)
    return 0 < int(low) <= int(high) < 2**63 and in_order and within


def statement_since(scope: Scope, cursor: str) -> tuple[str, dict[str, Any]]:
    """Return what asks for the lines since a cursor, and for the next cursor with them."""
    conditions, values = statements.conditions_of(scope)
    mine = ["folder_id = any (%(folders)s)", f"{scope.column} = any (%(values)s)"]
    # below what has begun: after a restore numbers of another server may lie above
    text = f"""
select said.now::text, l.*
  from (select pg_current_snapshot() as now) as said
  left join lateral (
       select {statements.SHOWN} from bots_logline
        where written_in >= pg_snapshot_xmin(%(cursor)s::pg_snapshot)
          and written_in < pg_snapshot_xmax(said.now)
          and not pg_visible_in_snapshot(written_in, %(cursor)s::pg_snapshot)
          and at > now() - %(latest)s
          and {" and ".join([*mine, *conditions])}
        order by at desc, id desc
        limit %(counted)s) as l on true"""  # noqa: S608 - columns of our own
    return text, {
        **values,
        "cursor": cursor,
        "latest": LATEST,
        "folders": list(scope.folders),
        "values": list(scope.values),
        "counted": COUNTED,
    }
