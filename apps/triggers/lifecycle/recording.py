"""Rows of firings: each planned time of a trigger gets one, whoever comes first."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

import orjson
from django.db import connection
from django.utils.translation import gettext as _

from apps.triggers.deciding import Plan
from apps.triggers.models import Firing, Trigger

from .begun import Begun

# What a trigger started last; earlier ones that run for longer are not looked at
LAST_STARTS: Final = 20
# A page shows one trigger; beyond this many, open pages find the change by their own checks
MAX_TOPICS: Final = 50

# Parameters are arrays, one element a row. A time that has its row already is left out.
CLAIM_TIMES: Final = """
insert into triggers_firing (trigger_id, planned_at, fired_at, outcome, reason, message, mark,
                             origin, count, event, subject_type, subject_ids, label, by)
select trigger_id, planned_at, clock_timestamp(), outcome, reason, message, mark, origin, count,
       event::jsonb, '', '{}', '', ''
  from unnest(%(trigger_id)s::bigint[], %(planned_at)s::timestamptz[], %(outcome)s::text[],
              %(reason)s::text[], %(message)s::text[], %(mark)s::text[], %(origin)s::text[],
              %(count)s::int[], %(event)s::text[])
       as new(trigger_id, planned_at, outcome, reason, message, mark, origin, count, event)
 order by trigger_id, planned_at
on conflict (trigger_id, planned_at, occasion) do nothing
returning *
"""

STORED: Final = (
    "id",
    "outcome",
    "reason",
    "message",
    "subject_type",
    "subject_id",
    "label",
    "fired_at",
)
# Parameters are arrays, one element a row
STORE: Final = """
update triggers_firing f
   set outcome = v.outcome, reason = v.reason, message = v.message, subject_type = v.subject_type,
       subject_id = v.subject_id, subject_ids = v.subject_ids::bigint[], label = v.label,
       fired_at = v.fired_at
  from unnest(%(id)s::bigint[], %(outcome)s::text[], %(reason)s::text[], %(message)s::text[],
              %(subject_type)s::text[], %(subject_id)s::bigint[], %(subject_ids)s::text[],
              %(label)s::text[], %(fired_at)s::timestamptz[])
       as v(id, outcome, reason, message, subject_type, subject_id, subject_ids, label, fired_at)
 where f.id = v.id
"""

# The lateral keeps it to a few rows by index for each trigger, whatever else they started.
LAST_STARTED: Final = """
select last.* from unnest(%(ids)s::bigint[]) as wanted(id)
 cross join lateral (
    select * from triggers_firing f
     where f.trigger_id = wanted.id and f.subject_id is not null
     order by f.planned_at desc limit %(limit)s) last
"""


def claim_times(plans: Sequence[tuple[Trigger, Plan]]) -> list[Firing]:
    """Write a row for each time that has none yet; return these rows, those to start among them."""
    if not plans:
        return []
    columns: dict[str, list[Any]] = {
        "trigger_id": [trigger.pk for trigger, _plan in plans],
        "planned_at": [plan.tick.at for _trigger, plan in plans],
        "outcome": [str(plan.outcome) for _trigger, plan in plans],
        "reason": [str(plan.reason) for _trigger, plan in plans],
        "message": [_note(plan) for _trigger, plan in plans],
        "mark": [plan.tick.mark for _trigger, plan in plans],
        "origin": [str(plan.origin) for _trigger, plan in plans],
        "count": [plan.count for _trigger, plan in plans],
        "event": [orjson.dumps(plan.event).decode() for _trigger, plan in plans],
    }
    return list(Firing.objects.raw(CLAIM_TIMES, columns))


def last_started(trigger_ids: Iterable[int]) -> list[Firing]:
    """Return what these triggers started last, newest first for each."""
    wanted = {"ids": list(trigger_ids), "limit": LAST_STARTS}
    return list(Firing.objects.raw(LAST_STARTED, wanted)) if wanted["ids"] else []


def note_begun(firing: Firing, begun: Begun) -> None:
    """Fill in what was started; `store` writes it."""
    firing.outcome = Firing.Outcome.FIRED
    firing.subject_type, firing.subject_ids = begun.subject, begun.ids
    firing.subject_id, firing.label = begun.ids[0] if begun.ids else None, begun.label


def note(firing: Firing, outcome: str, reason: str, message: str = "") -> None:
    """Fill in that nothing was started; `store` writes it."""
    firing.outcome, firing.reason, firing.message = outcome, reason, message


def store(firings: Sequence[Firing]) -> None:
    """Write what became of these; their rows are ours until the end of the transaction."""
    if not firings:
        return
    columns: dict[str, list[Any]] = {
        name: [getattr(each, name) for each in firings] for name in STORED
    }
    # arrays in an array would have to be of one length
    columns["subject_ids"] = ["{" + ",".join(map(str, each.subject_ids)) + "}" for each in firings]
    with connection.cursor() as cursor:
        cursor.execute(STORE, columns)


def topics_of(triggers: Iterable[Trigger]) -> list[str]:
    """Return what open pages are told: all lists, and single pages unless there are very many."""
    found = [f"trigger:{trigger.pk}" for trigger in triggers]
    return ["triggers", *(found if len(found) <= MAX_TOPICS else [])]


def _note(plan: Plan) -> str:
    if plan.count == 1:
        return plan.message
    text = _("Stands for about %(n)d times.") if plan.is_estimate else _("Stands for %(n)d times.")
    return text % {"n": plan.count}
