"""Whose step an item works, for the lines of the log that speak of it."""

from collections.abc import Collection, Mapping
from typing import Any

from django.db import connection

# By the primary keys of both; a token that has gone on leaves its instance to be named
STEPS_OF_ITEMS = """
select o.item_id, o.owner_id, o.token, coalesce(t.node, '')
  from queues_owned o
  left join workflows_token t on t.instance_id = o.owner_id and t.number = o.token
 where o.item_id = any (%s)
"""


def steps_of(items: Collection[int]) -> Mapping[int, Mapping[str, Any]]:
    """Return the instances, visits and elements that these items are worked for."""
    with connection.cursor() as cursor:
        cursor.execute(STEPS_OF_ITEMS, [list(items)])
        rows = cursor.fetchall()
    return {
        item: {"instance_id": instance, "token": token, "step": node}
        for item, instance, token, node in rows
    }
