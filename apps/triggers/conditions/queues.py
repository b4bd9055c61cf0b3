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
    *("oldest_seconds", "due_within_seconds", "miss_chance", "zone"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueRule:
    """One start from `min_items` on, one more for each `items_per_start`, up to `max_active`.

    With fewer items than `min_items` there is one all the same as soon as one of them has waited
    for `oldest_seconds`, is due within `due_within_seconds`, or when the forecast says that
    something will be late with a chance of `miss_chance`; None: it does not count.
    """

    queue: str
    min_items: int = 1
    items_per_start: int = 1
    max_active: int = 1
    oldest_seconds: int | None = None
    due_within_seconds: int | None = None
    miss_chance: float | None = None

    @property
    def counts_to(self) -> int:
        """More items than these make no difference."""
        return max(self.min_items, self.items_per_start * self.max_active) + 1

    @property
    def may_be_urgent(self) -> bool:
        hurrying = (self.oldest_seconds, self.due_within_seconds, self.miss_chance)
        return any(each is not None for each in hurrying)


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
        miss_chance=_chance(reading, "miss_chance"),
    )
    if rule.may_be_urgent and rule.min_items == 1:
        given = ("oldest_seconds", "due_within_seconds", "miss_chance")
        field = next(name for name in given if getattr(rule, name) is not None)
        reading.wrong(field, _("has no effect: the first item starts something anyway"))
    reading.check()
    return rule


def _seconds(reading: Reading, field: str) -> int | None:
    if reading.said.get(field) is None:
        return None
    return reading.whole(field, 1, LONGEST_SECONDS)


def _chance(reading: Reading, field: str) -> float | None:
    value = reading.said.get(field)
    if value is None:
        return None
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= 1:
        return float(value)
    reading.wrong(field, _("must be a share above 0, up to 1, such as 0.2"))
    return None
