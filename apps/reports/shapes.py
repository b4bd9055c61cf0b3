"""What a report says, whoever reads it: figures, tables and a chart.

Values are numbers, and their words are made here: so a page and a spreadsheet can't differ.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Final, Literal, TypeAlias

from django.conf import settings
from django.utils import formats
from django.utils.translation import gettext as _

Kind: TypeAlias = Literal["count", "percent", "minutes", "hours", "money", "rate", "text"]
Value: TypeAlias = Decimal | str | None

ZERO: Final = Decimal(0)
NOTHING: Final = "–"
_DIGITS: Final[dict[str, int]] = {
    "count": 0,
    "percent": 1,
    "minutes": 1,
    "hours": 1,
    "money": 2,
    "rate": 2,
}


def rounded(value: Decimal, kind: Kind) -> Decimal:
    """Return it as it is shown; "rate" is a plain number with two digits."""
    step = Decimal(1).scaleb(-_DIGITS.get(kind, 0))
    return value.quantize(step, ROUND_HALF_UP)


def words_of(value: Value, kind: Kind) -> str:
    """Return a value with its unit; “–” for what there is none of."""
    if value is None:
        return NOTHING
    if isinstance(value, str):
        return value
    number = plain(value, kind)
    units = {
        "percent": _("%(n)s %%"),
        "minutes": _("%(n)s min"),
        "hours": _("%(n)s h"),
    }
    if kind == "money":
        return f"{number} {settings.CURRENCY}"
    return units[kind] % {"n": number} if kind in units else number


def plain(value: Decimal, kind: Kind) -> str:
    """Return the number alone, grouped, in the reader's language."""
    digits = _DIGITS.get(kind, 0)
    shown = rounded(value, kind) + 0  # no “-0.0”
    return formats.number_format(shown, decimal_pos=digits, force_grouping=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One number, what it means, and what it was before.

    `before` None: there was none, or nothing is compared. `more_is`: whether more is good.
    """

    key: str
    label: str
    value: Decimal | None
    kind: Kind = "count"
    definition: str
    before: Decimal | None = None
    is_compared: bool = False
    more_is: Literal["good", "bad", ""] = ""
    url: str = ""

    @property
    def words(self) -> str:
        return words_of(self.value, self.kind)

    @property
    def change(self) -> Decimal | None:
        """By how much it differs, as the two are shown."""
        if self.value is None or self.before is None:
            return None
        return rounded(self.value, self.kind) - rounded(self.before, self.kind)

    @property
    def change_words(self) -> str:
        """Return the difference as a sentence; "" where nothing is compared."""
        if not self.is_compared:
            return ""
        change = self.change
        if change is None:
            return _("nothing to compare with")
        was = words_of(self.before, self.kind)
        if change == 0:
            return _("as before (%(was)s)") % {"was": was}
        return self._by_how_much(change, was)

    @property
    def tone(self) -> str:
        """Return "better", "worse", or "" where neither can be said."""
        change = self.change
        if not change or not self.more_is:
            return ""
        return "better" if (change > 0) == (self.more_is == "good") else "worse"

    def _by_how_much(self, change: Decimal, was: str) -> str:
        said = {"n": self._amount(abs(change)), "was": was, "share": self._share(change)}
        if change > 0:
            return _("%(n)s more than before (%(was)s)%(share)s") % said
        return _("%(n)s less than before (%(was)s)%(share)s") % said

    def _amount(self, change: Decimal) -> str:
        if self.kind == "percent":
            return _("%(n)s points") % {"n": plain(change, "percent")}
        return words_of(change, self.kind)

    def _share(self, change: Decimal) -> str:
        if self.kind == "percent" or not self.before:
            return ""
        share = 100 * change / abs(rounded(self.before, self.kind) or self.before)
        sign = "+" if share > 0 else "−"
        return f", {sign}{plain(abs(share), 'count')} %"


@dataclass(frozen=True, slots=True)
class Column:
    label: str
    kind: Kind = "count"

    @property
    def is_number(self) -> bool:
        return self.kind != "text"


@dataclass(frozen=True, slots=True)
class Cell:
    value: Value
    column: Column
    url: str = ""

    @property
    def words(self) -> str:
        return words_of(self.value, self.column.kind)


@dataclass(frozen=True, slots=True)
class Row:
    """`values` in the order of the columns; `urls` of some of them, by place."""

    values: Sequence[Value]
    url: str = ""
    urls: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """`total`: the last line; its counts are the sums of those above."""

    key: str
    title: str
    columns: Sequence[Column]
    rows: Sequence[Row]
    total: Sequence[Value] = ()
    note: str = ""
    empty: str = ""

    @property
    def lines(self) -> list[list[Cell]]:
        return [
            [
                Cell(value, column, row.url if place == 0 else row.urls.get(place, ""))
                for place, (value, column) in enumerate(zip(row.values, self.columns, strict=True))
            ]
            for row in self.rows
        ]

    @property
    def total_line(self) -> list[Cell]:
        if not self.total:
            return []
        return [Cell(value, column) for value, column in zip(self.total, self.columns, strict=True)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """A value for each day of the span, in order; None where there is none."""

    label: str
    values: Sequence[Decimal]


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """What is drawn: series that stand on each other, day by day."""

    title: str
    days: Sequence[date]
    series: Sequence[Series]
    kind: Kind = "count"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    figures: Sequence[Figure]
    tables: Sequence[Table]
    days: Days
    # sentences: what is not counted, a formula with its values
    notes: Sequence[str] = ()
    formulas: Sequence[str] = ()


def share(part: Decimal, whole: Decimal) -> Decimal | None:
    """Return `part` of `whole` in percent; None of nothing."""
    return 100 * part / whole if whole else None
