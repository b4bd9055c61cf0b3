"""Notices for people: rows of a page, and alike ones as one row of the bell."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.utils.functional import Promise

from .kinds import KINDS
from .models import Notice

# The bell folds so many of a kind into one row
ALIKE = 3
BELL_LOOKS_BACK = 60
BELL_ROWS = 8
MAX_COUNT = 99


@dataclass(frozen=True, kw_only=True)
class Row:
    """One row: a notice, or several that are alike (`n` of them, the newest stands for all)."""

    notice: Notice
    n: int = 1

    @property
    def icon(self) -> str:
        found = KINDS.get(self.notice.kind)
        return found.icon if found else "bell"

    @property
    def kind_title(self) -> "str | Promise":
        found = KINDS.get(self.notice.kind)
        return found.title if found else self.notice.kind

    @property
    def title(self) -> "str | Promise":
        return self.kind_title if self.n > 1 else self.notice.title

    @property
    def body(self) -> str:
        return self.notice.title if self.n > 1 else self.notice.body

    @property
    def count(self) -> int:
        return self.n if self.n > 1 else self.notice.count

    @property
    def url(self) -> str:
        if self.n > 1:
            tab = "unread" if self.is_new else "all"
            return "/notices/?" + urlencode({"tab": tab, "kind": self.notice.kind})
        return self.notice.url

    @property
    def is_new(self) -> bool:
        return self.notice.read_at is None

    @property
    def at(self) -> datetime:
        return self.notice.made_at


def unread_count(user_id: int) -> int:
    """Return how many are new to the person, at most MAX_COUNT + 1; one capped query."""
    return Notice.objects.unread().filter(user=user_id)[: MAX_COUNT + 1].count()


def said(n: int) -> str:
    """Return the count as the bell shows it; "" for none."""
    return f"{MAX_COUNT}+" if n > MAX_COUNT else str(n or "")


def bell_rows(user_id: int) -> list[Row]:
    """Return the newest, unread ones first; those that are alike are one row."""
    mine: QuerySet[Notice] = Notice.objects.filter(user=user_id)
    fresh = list(mine.unread().order_by("-id")[:BELL_LOOKS_BACK])  # type: ignore[attr-defined]
    known = list(mine.filter(read_at__isnull=False).order_by("-id")[:BELL_ROWS])
    return (fold(fresh) + [Row(notice=notice) for notice in known])[:BELL_ROWS]


def fold(notices: Sequence[Notice]) -> list[Row]:
    """Return rows in the given order; ALIKE or more of one kind become one, where the first is."""
    numbers: dict[str, int] = {}
    for notice in notices:
        numbers[notice.kind] = numbers.get(notice.kind, 0) + 1
    rows, folded = [], set()
    for notice in notices:
        if numbers[notice.kind] < ALIKE:
            rows.append(Row(notice=notice))
        elif notice.kind not in folded:
            folded.add(notice.kind)
            rows.append(Row(notice=notice, n=numbers[notice.kind]))
    return rows
