"""The rules that are on, read once and again only where they change.

Each process keeps what it has parsed. A look asks for the numbers of the rows and of the
transactions that wrote them last, and where: so rules that nobody changes are not read anew.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import structlog
from django.db import connection

from apps.alerts.conditions import AnyFact, Rule, Seen, parse_rule
from apps.alerts.models import AlertRule
from apps.lib.errors import InvalidError

log = structlog.get_logger("controlroom.alerts")

STAMPS: Final = """
select id, xmin::text || ctid::text from alerts_alertrule where status = 'on'
"""


@dataclass(frozen=True, slots=True)
class Watched:
    """A rule that is on, as it was read, what is to be measured for it, and where it stood."""

    id: int
    folder_id: int
    version: int
    rule: Rule
    facts: frozenset[AnyFact]
    seen: Seen


class WatchedRules:
    """What this process knows of all rules."""

    def __init__(self) -> None:
        self._stamps: dict[int, str] = {}
        self._known: dict[int, Watched] = {}

    def look(self) -> Collection[Watched]:
        """Return all that are on and can be read; one statement, and one for what changed."""
        with connection.cursor() as cursor:
            cursor.execute(STAMPS)
            stamps: dict[int, str] = dict(cursor.fetchall())
        if stamps != self._stamps:
            self._refresh(stamps)
        return self._known.values()

    def _refresh(self, stamps: dict[int, str]) -> None:
        changed = [pk for pk, stamp in stamps.items() if self._stamps.get(pk) != stamp]
        for pk in self._known.keys() - stamps.keys():
            del self._known[pk]
        fields = ("folder_id", "version", "rule", "phase", "phase_since")
        for row in AlertRule.objects.filter(pk__in=changed).only(*fields):
            self._keep(row)
        self._stamps = stamps

    def _keep(self, row: AlertRule) -> None:
        try:
            rule = parse_rule(row.rule)
        except InvalidError as error:
            # what was saved was read then: a later version of ours reads it otherwise
            log.warning("alert_rule_broken", rule=row.pk, error=error.message)
            self._known.pop(row.pk, None)
            return
        seen = Seen(row.phase, row.phase_since)
        facts = frozenset(rule.facts(row.folder_id))
        self._known[row.pk] = Watched(row.pk, row.folder_id, row.version, rule, facts, seen)
