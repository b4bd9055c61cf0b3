"""Answers queues that ask, before a failure is decided: is this one declared a data problem?"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any, Final

import orjson
from django.db import connection

from apps.queues.judging import Judged

from .facts import MAX_PAYLOAD_BYTES
from .fingerprint import Fault, print_of
from .normalising import values_of

# Only items of queues that have such a rule: mostly none, and then it is one look at a small table
RULED: Final = """
select i.id, i.queue_id, q.folder_id, i.reference, coalesce(l.bot, ''),
       case when pg_column_size(i.payload) <= %(bytes)s then i.payload::text end
  from queues_workitem i
  join queues_workqueue q on q.id = i.queue_id
  left join queues_lease l on l.item_id = i.id
 where i.id = any (%(ids)s::bigint[])
   and i.queue_id = any (array(select distinct queue_id from failures_businessrule))
"""
RULES: Final = "select queue_id, cause from failures_businessrule where queue_id = any (%(ids)s)"


def data_problems(failures: Sequence[Judged]) -> Collection[int]:
    """Return the items among these whose failure is declared a data problem."""
    rows = _asked(RULED, {"ids": [each.item_id for each in failures], "bytes": MAX_PAYLOAD_BYTES})
    if not rows:
        return ()
    rules = defaultdict(set)
    for queue_id, cause in _asked(RULES, {"ids": list({row[1] for row in rows})}):
        rules[queue_id].add(cause)
    by_item = {row[0]: row for row in rows}
    return {
        each.item_id
        for each in failures
        if each.item_id in by_item
        and _cause(each, by_item[each.item_id]) in rules[by_item[each.item_id][1]]
    }


def _cause(each: Judged, row: tuple[Any, ...]) -> str:
    """The same as that of the group the rule was made from, whatever version it is of."""
    _item, queue_id, folder_id, reference, bot, data = row
    values = values_of(orjson.loads(data)) if data else []
    fault = Fault(
        folder_id=folder_id,
        kind="",
        place=f"queue:{queue_id}",
        error_class=each.error_class,
        code=each.code,
        message=each.message,
        values=[*values, *(name for name in (reference, bot) if name)],
    )
    return print_of(fault).cause


def _asked(sql: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
