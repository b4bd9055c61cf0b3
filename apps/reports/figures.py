"""Reads figures of days: sums over a span and over what it is compared with.

Every report is two or three queries over figures of days, each of them a range of one index. What
a table shows by queue and what stands above it come from the same rows, so that sums are equal.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any, Final, Literal

from django.db.models import QuerySet, Sum
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.bots.models import Automation
from apps.queues.models import WorkQueue

from .asking import Wanted
from .models import DayFigure, Measure
from .periods import Span
from .shapes import ZERO, Figure, Kind, Series

Amounts = Mapping[str, Decimal]
NONE: Final[dict[str, Decimal]] = {}


class Sums:
    """How much of each measure there was, by any key; what there was none of is 0."""

    def __init__(self) -> None:
        self.by_key: dict[Any, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))

    def add(self, key: Any, measure: str, n: Decimal) -> None:
        self.by_key[key][measure] += n

    def of(self, key: Any) -> "Amount":
        return Amount(self.by_key.get(key, NONE))

    def under(self, place: int) -> "Sums":
        """Return the same sums by one part of their keys."""
        sums = Sums()
        for key, amounts in self.by_key.items():
            for measure, n in amounts.items():
                sums.add(key[place], measure, n)
        return sums

    @property
    def total(self) -> "Amount":
        found: dict[str, Decimal] = defaultdict(Decimal)
        for amounts in self.by_key.values():
            for measure, n in amounts.items():
                found[measure] += n
        return Amount(found)


@dataclass(frozen=True, slots=True)
class Amount:
    """How much of each measure there was."""

    by_measure: Amounts = field(default_factory=dict)

    def __getitem__(self, measure: str) -> Decimal:
        return self.by_measure.get(str(measure), ZERO)

    def sum(self, *measures: str) -> Decimal:
        return sum((self[each] for each in measures), ZERO)


@dataclass(frozen=True)
class Asked:
    """What is asked, of the folders that the reader may see (and, of one, only if among them)."""

    wanted: Wanted
    folder_ids: frozenset[int]

    @property
    def span(self) -> Span:
        return self.wanted.span

    @property
    def before(self) -> Span | None:
        return self.wanted.before

    @property
    def is_compared(self) -> bool:
        return self.before is not None

    @cached_property
    def folders(self) -> list[int]:
        chosen = self.wanted.folder
        return sorted(self.folder_ids if chosen is None else self.folder_ids & {chosen})

    def now(self, measures: Iterable[str], *by: str) -> Sums:
        return self._sums(self.span, measures, by)

    def then(self, measures: Iterable[str], *by: str) -> Sums:
        """Return the same of the span that is compared with; empty if there is none."""
        return self._sums(self.before, measures, by) if self.before else Sums()

    def days(self, measures: Iterable[str], *by: str) -> Sums:
        """Return the sums of each day, under the day, or under (day, …)."""
        return self._sums(self.span, measures, ("day", *by))

    def rows(self, span: Span, measures: Iterable[str]) -> "QuerySet[DayFigure, DayFigure]":
        found = DayFigure.objects.filter(
            measure__in=[str(each) for each in measures],
            day__gte=span.first,
            day__lte=span.last,
            folder_id__in=self.folders,
        )
        if self.wanted.queue:
            found = found.filter(queue_id=self.wanted.queue)
        if self.wanted.automation:
            found = found.filter(automation_id=self.wanted.automation)
        return found

    def _sums(self, span: Span, measures: Iterable[str], by: Sequence[str]) -> Sums:
        grouped = self.rows(span, measures).order_by().values_list("measure", *by)
        found = Sums()
        for measure, *keys, n in grouped.annotate(total=Sum("n")):
            found.add(keys[0] if len(keys) == 1 else tuple(keys), measure, n)
        return found

    # ---- names, of what the reader may see

    @cached_property
    def queues(self) -> dict[int, WorkQueue]:
        found = WorkQueue.objects.filter(folder_id__in=self.folders).select_related("folder")
        return {queue.pk: queue for queue in found}

    @cached_property
    def automations(self) -> dict[int, str]:
        found = Automation.objects.filter(folder_id__in=self.folders)
        return dict(found.values_list("pk", "title"))

    def in_order(self, keys: Collection[int]) -> list[int]:
        """Return queues by their titles, what has no queue (0) last."""
        return sorted(keys, key=lambda pk: (pk == 0, self.queue_title(pk).casefold(), pk))

    def queue_title(self, pk: int) -> str:
        queue = self.queues.get(pk)
        if queue is not None:
            return queue.title
        return _("A queue that is gone") if pk else _("Without a queue")

    def queue_url(self, pk: int) -> str:
        return reverse("queues:queue_detail", args=[pk]) if pk in self.queues else ""


def per_day(days: Sequence[date], found: Sums, label: str, measure: str) -> Series:
    return Series(label=label, values=[found.of(day)[measure] for day in days])


def measures(*names: Measure) -> list[str]:
    return [name.value for name in names]


@dataclass(frozen=True, slots=True)
class Both:
    """The sums of the span, and of what it is compared with (None: nothing)."""

    now: Amount
    then: Amount | None

    @classmethod
    def of(cls, asked: Asked, names: Iterable[str]) -> "Both":
        wanted = list(names)
        return cls(asked.now(wanted).total, asked.then(wanted).total if asked.is_compared else None)

    def figure(  # noqa: PLR0913 - the parts of a figure
        self,
        key: str,
        label: str,
        of: Callable[[Amount], Decimal | None],
        definition: str,
        *,
        kind: Kind = "count",
        more_is: Literal["good", "bad", ""] = "",
        url: str = "",
    ) -> Figure:
        """Return a figure that is worked out in the same way for both spans."""
        return Figure(
            key=key,
            label=label,
            value=of(self.now),
            before=None if self.then is None else of(self.then),
            is_compared=self.then is not None,
            kind=kind,
            definition=definition,
            more_is=more_is,
            url=url,
        )


def amount_of(measure: str) -> Callable[[Amount], Decimal | None]:
    return lambda amount: amount[measure]
