"""Triggers move on: to their next time, to their end, or off after too many failures."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.events.bus import publish
from apps.lib.actors import SYSTEM
from apps.lib.json import JsonObject
from apps.notices.lifecycle import notify
from apps.triggers.models import Trigger
from apps.triggers.times import Tick, due_at

from .people import concerned, page_of

Status = Trigger.Status
NOTICE: Final = "trigger_disabled"

# Parameters are arrays, one element a trigger. Guarded by what was seen of it under its lock.
ADVANCE: Final = """
update triggers_trigger t
   set next_at = v.next_at, due_at = v.due_at, next_mark = v.next_mark, status = v.status,
       last_planned_at = v.last_planned_at, failures_in_row = v.failures, reason = v.reason
  from unnest(%(id)s::bigint[], %(seen)s::text[], %(next_at)s::timestamptz[],
              %(due_at)s::timestamptz[], %(next_mark)s::text[], %(status)s::text[],
              %(last_planned_at)s::timestamptz[], %(failures)s::int[], %(reason)s::text[])
       as v(id, seen, next_at, due_at, next_mark, status, last_planned_at, failures, reason)
 where t.id = v.id and t.status = v.seen
"""


@dataclass(slots=True)
class Move:
    """Where a trigger stands, and where it will."""

    trigger: Trigger
    status: str
    next: Tick | None
    last_planned_at: datetime | None
    failures: int
    reason: str

    @classmethod
    def of(cls, trigger: Trigger) -> "Move":
        """Return the move that changes nothing yet."""
        return cls(
            trigger=trigger,
            status=trigger.status,
            next=Tick(trigger.next_at, trigger.next_mark) if trigger.next_at else None,
            last_planned_at=trigger.last_planned_at,
            failures=trigger.failures_in_row,
            reason=trigger.reason,
        )

    def go_on(self, following: Tick | None, last: Tick) -> None:
        """Move to the following time; without one it is over."""
        self.next, self.last_planned_at = following, last.at
        if following is None:
            self.status = Status.ENDED

    def count(self, is_started: bool) -> None:  # noqa: FBT001  the one thing it is told
        """Count a start that went well or failed; after too many failures it is switched off."""
        self.failures = 0 if is_started else self.failures + 1
        limit = self.trigger.disable_after_failures
        if not is_started and limit and self.failures >= limit and self.status == Status.ENABLED:
            n = self.failures
            said = ngettext("%(n)d start failed.", "%(n)d starts in a row failed.", n)
            self.switch_off(said % {"n": n})

    def switch_off(self, reason: str) -> None:
        self.status, self.reason = Status.AUTO_DISABLED, reason[:500]


def advance(moves: Sequence[Move]) -> None:
    """Write where the triggers stand now, and tell of those that ended or were switched off."""
    columns: dict[str, list[Any]] = {
        "id": [each.trigger.pk for each in moves],
        "seen": [each.trigger.status for each in moves],
        "next_at": [each.next.at if each.next else None for each in moves],
        "due_at": [due_at(each.trigger, each.next.at) if each.next else None for each in moves],
        "next_mark": [each.next.mark if each.next else "" for each in moves],
        "status": [str(each.status) for each in moves],
        "last_planned_at": [each.last_planned_at for each in moves],
        "failures": [each.failures for each in moves],
        "reason": [each.reason for each in moves],
    }
    with connection.cursor() as cursor:
        cursor.execute(ADVANCE, columns)
        if cursor.rowcount != len(moves):
            message = "a trigger was moved by somebody else, though it was locked"
            raise AssertionError(message)
    for each in moves:
        if each.status != each.trigger.status:
            _tell(each)


def record(kind: str, trigger: Trigger, by: Any, data: JsonObject | None = None) -> Any:
    """Write what was done to a trigger into its history; open pages hear of it."""
    return publish(
        f"trigger.{kind}",
        subject=("trigger", trigger.pk),
        folder_id=trigger.folder_id,
        by=by,
        data={"title": trigger.title, **(data or {})},
        topics=["triggers"],
    )


def _tell(move: Move) -> None:
    trigger = move.trigger
    if move.status == Status.ENDED:
        record("ended", trigger, SYSTEM)
        return
    event = record("auto_disabled", trigger, SYSTEM, {"reason": move.reason})
    notify(
        concerned(trigger),
        NOTICE,
        title=_("The trigger “%s” was switched off") % trigger.title,
        body=_("%s It starts nothing until somebody switches it on again.") % move.reason,
        url=page_of(trigger),
        folder_id=trigger.folder_id,
        subject=("trigger", trigger.pk),
        key=f"{NOTICE}:{event.id}",
    )
