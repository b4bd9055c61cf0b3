"""The triggers of a kind that are on, read once and again only where they change.

Each process keeps what it has parsed. A look asks for the numbers of the rows and of the
transactions that wrote them last, and where: so triggers that nobody changes are not read anew.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

import structlog
from django.db import connection

from apps.lib.errors import InvalidError
from apps.lib.json import JsonObject
from apps.triggers.models import Trigger

log = structlog.get_logger("controlroom.triggers")

Rule = TypeVar("Rule")

STAMPS: Final = """
select id, xmin::text || ctid::text from triggers_trigger where status = 'enabled' and kind = %s
"""


@dataclass(frozen=True, slots=True)
class Watched(Generic[Rule]):
    """A trigger that is on: its rule as it was read, and what it has seen."""

    id: int
    folder_id: int
    version: int
    rule: Rule
    seen: JsonObject


class Watch(Generic[Rule]):
    """What this process knows of the triggers of one kind."""

    def __init__(self, kind: str, parse: Callable[[JsonObject], Rule]) -> None:
        self._kind = kind
        self._parse = parse
        self._stamps: dict[int, str] = {}
        self._known: dict[int, Watched[Rule]] = {}

    def look(self) -> Collection[Watched[Rule]]:
        """Return all that are on and can be read; one statement, and one for what changed."""
        with connection.cursor() as cursor:
            cursor.execute(STAMPS, [self._kind])
            stamps: dict[int, str] = dict(cursor.fetchall())
        if stamps != self._stamps:
            self._refresh(stamps)
        return self._known.values()

    def _refresh(self, stamps: dict[int, str]) -> None:
        changed = [pk for pk, stamp in stamps.items() if self._stamps.get(pk) != stamp]
        for pk in self._known.keys() - stamps.keys():
            del self._known[pk]
        rows = Trigger.objects.filter(pk__in=changed)
        for trigger in rows.only("folder_id", "version", "rule", "seen"):
            self._keep(trigger)
        self._stamps = stamps

    def _keep(self, trigger: Trigger) -> None:
        try:
            rule = self._parse(trigger.rule)
        except InvalidError as error:
            # what was saved was read then: a later version of ours reads it otherwise
            log.warning("trigger_rule_broken", trigger=trigger.pk, error=error.message)
            self._known.pop(trigger.pk, None)
            return
        self._known[trigger.pk] = Watched(
            trigger.pk, trigger.folder_id, trigger.version, rule, trigger.seen
        )
