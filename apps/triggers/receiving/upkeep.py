"""What receiving does by itself; any of it may run in several processes at once."""

from typing import Final

from django.conf import settings
from django.db import connection

from . import keeping
from .polling import look_into_mailboxes
from .watching import look_into_folders

__all__ = ["look_into_folders", "look_into_mailboxes", "prune"]

# Of each trigger: so many deliveries are kept, and of the newest of them what came
ROWS_KEPT: Final = 1_000
BODIES_KEPT: Final = 200

DROP_OLD: Final = """
delete from triggers_delivery
 where received_at < now() - make_interval(days => %(days)s)
"""
# The edge of each trigger is found by its index, newest first
DROP_MANY: Final = """
with edge as (
    select t.id, d.received_at from triggers_trigger t
     cross join lateral (select received_at from triggers_delivery d where d.trigger_id = t.id
                          order by received_at desc, id desc offset %(rows)s limit 1) d
     where t.kind = 'event')
delete from triggers_delivery d using edge e
 where d.trigger_id = e.id and d.received_at <= e.received_at
"""
EMPTY_BODIES: Final = """
with edge as (
    select t.id, d.received_at from triggers_trigger t
     cross join lateral (select received_at from triggers_delivery d where d.trigger_id = t.id
                          order by received_at desc, id desc offset %(bodies)s limit 1) d
     where t.kind = 'event')
update triggers_delivery d set body = '' from edge e
 where d.trigger_id = e.id and d.received_at <= e.received_at and length(d.body) > 0
"""
# What waits to be started needs it still
EMPTY_EVENTS: Final = """
with edge as (
    select t.id, f.planned_at from triggers_trigger t
     cross join lateral (select planned_at from triggers_firing f where f.trigger_id = t.id
                          order by planned_at desc offset %(bodies)s limit 1) f
     where t.kind = 'event')
update triggers_firing f set event = '{}' from edge e
 where f.trigger_id = e.id and f.planned_at <= e.planned_at and f.outcome <> 'waiting'
   and f.event <> '{}'
"""


def prune() -> int:
    """Drop deliveries beyond what is kept, and what came with them; return how many rows."""
    limits = {"days": settings.FIRING_DAYS_KEPT, "rows": ROWS_KEPT, "bodies": BODIES_KEPT}
    n_rows = 0
    with connection.cursor() as cursor:
        for statement in (DROP_OLD, DROP_MANY, EMPTY_BODIES, EMPTY_EVENTS):
            cursor.execute(statement, limits)
            n_rows += cursor.rowcount
    keeping.prune(settings.FIRING_DAYS_KEPT)
    return n_rows
