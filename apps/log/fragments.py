"""The live part of the log: its end, for those who look at it."""

from urllib.parse import parse_qsl

from apps.accounts.permissions import Action
from apps.events.fragments import Audience, Step, data_fragment
from apps.lib.errors import InvalidError
from apps.lib.json import Json

from . import tailing
from .asking import LogFilter
from .presenting import rows_of
from .scopes import scope_of


@data_fragment("log.tail", action=Action.VIEW, topics=("log",))
def log_tail(audience: Audience, arg: str, cursor: str) -> Step | None:
    """`arg`: a LogFilter as a query string. A cursor that is none begins now."""
    try:
        wanted = LogFilter.parse(dict(parse_qsl(arg)))
        scope = scope_of(wanted, audience.folder_ids(Action.VIEW))
        if not scope.values:
            return None
        tail = tailing.since(scope, cursor) if cursor else tailing.Tail(cursor=tailing.now())
    except InvalidError:
        return None
    if not tail.entries:
        return Step(None, tail.cursor)
    lines: list[Json] = [
        {"n": str(row.entry.id), "key": str(row.entry.key), "html": row.html}
        for row in rows_of(tail.entries, wanted)
    ]
    return Step({"lines": lines, "skipped": tail.n_left_out}, tail.cursor)
