"""What a queue trigger goes by, and how many starts that comes to."""

from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _

from apps.lib.json import JsonObject
from apps.triggers.timing.reading import Reading

from .parsing import key_of

MAX_ITEMS: Final = 10_000
MAX_ACTIVE: Final = 100
LONGEST_SECONDS: Final = 31 * 86_400
FIELDS: Final = {
    *("queue", "min_items", "items_per_start", "max_active"),
    *("oldest_seconds", "due_within_seconds", "zone"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueRule:
    """One start from `min_items` on, one more for each `items_per_start`, up to `max_active`.

    With fewer items than `min_items` there is one all the same as soon as one of them has waited
    for `oldest_seconds`, or is due within `due_within_seconds`; None: neither counts.
    """

    queue: str
    min_items: int = 1
    items_per_start: int = 1
    max_active: int = 1
    oldest_seconds: int | None = None
    due_within_seconds: int | None = None

    @property
    def counts_to(self) -> int:
        """More items than these make no difference."""
        return max(self.min_items, self.items_per_start * self.max_active) + 1

    @property
    def may_be_urgent(self) -> bool:
        return self.oldest_seconds is not None or self.due_within_seconds is not None


def parse_queue(said: JsonObject) -> QueueRule:
    """Return the rule that `said` describes; docs/triggers.md says how to write it.

    Raises InvalidError naming each field that is wrong.
    """
    reading = Reading({"zone": "UTC", **said})
    reading.only(FIELDS)
    rule = QueueRule(
        queue=key_of(reading, "queue"),
        min_items=reading.whole("min_items", 1, MAX_ITEMS, 1),
        items_per_start=reading.whole("items_per_start", 1, MAX_ITEMS, 1),
        max_active=reading.whole("max_active", 1, MAX_ACTIVE, 1),
        oldest_seconds=_seconds(reading, "oldest_seconds"),
        due_within_seconds=_seconds(reading, "due_within_seconds"),
    )
    if rule.may_be_urgent and rule.min_items == 1:
        field = "oldest_seconds" if rule.oldest_seconds is not None else "due_within_seconds"
        reading.wrong(field, _("has no effect: the first item starts something anyway"))
    reading.check()
    return rule


def _seconds(reading: Reading, field: str) -> int | None:
    if reading.said.get(field) is None:
        return None
    return reading.whole(field, 1, LONGEST_SECONDS)
