"""The health of an application as coordinates for the templates' SVG: pure."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

SPAN_SECONDS: Final = 900
HOURS: Final = 12
SPANS: Final = HOURS * 3_600 // SPAN_SECONDS + 1
SPANS_OF_AN_HOUR: Final = 3_600 // SPAN_SECONDS
HOURS_BETWEEN_TICKS: Final = 3

WIDTH, HEIGHT = 560, 180
LEFT, RIGHT, TOP, BOTTOM = 44, 552, 14, 146
GAP = 2.0
LEAST_HEIGHT = 2.0  # none failed is seen as well: something was tried


@dataclass(frozen=True, slots=True)
class Span:
    """What was tried in one span of time."""

    at: datetime
    n: int = 0
    n_failed: int = 0

    @property
    def share(self) -> float | None:
        return self.n_failed / self.n if self.n else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    x: float
    y: float
    width: float
    height: float
    # too large a share failed
    is_bad: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    at: float
    label: str
    anchor: str = "middle"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    bars: Sequence[Bar]
    x_ticks: Sequence[Tick]
    y_ticks: Sequence[Tick]
    # where the breaker opens
    threshold: float | None

    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = RIGHT
    bottom: int = BOTTOM


def first_span(now: datetime) -> datetime:
    """Return the beginning of the first span that is drawn: all begin on whole spans of an hour."""
    seconds = math.floor(now.timestamp() / SPAN_SECONDS) * SPAN_SECONDS
    last = datetime.fromtimestamp(seconds, tz=now.tzinfo)
    return last - timedelta(seconds=SPAN_SECONDS * (SPANS - 1))


def spans_from(first: datetime, seen: Iterable[tuple[datetime, int, int]]) -> list[Span]:
    """Return all spans from `first` on, those without tries among them."""
    known = {at: (n, n_failed) for at, n, n_failed in seen}
    times = [first + timedelta(seconds=SPAN_SECONDS * number) for number in range(SPANS)]
    return [Span(at, *known.get(at, (0, 0))) for at in times]


def last_hour(spans: Sequence[Span]) -> Span:
    """Return the sum of what was tried in the last hour, and what the running span has."""
    late = spans[-SPANS_OF_AN_HOUR:]
    return Span(late[0].at, sum(each.n for each in late), sum(each.n_failed for each in late))


def shares_by_hour(spans: Sequence[Span]) -> list[int]:
    """Return the share that failed in per cent, hour by hour, for a small picture."""
    found = []
    for end in range(len(spans), SPANS_OF_AN_HOUR - 1, -SPANS_OF_AN_HOUR):
        hour = last_hour(spans[:end])
        found.append(round(100 * (hour.share or 0)))
    return found[::-1]


def chart_of(
    spans: Sequence[Span], *, threshold: float | None, label: Callable[[datetime], str]
) -> Chart:
    """Return the share that failed in each span; `label` says a time to the reader."""
    step = (RIGHT - LEFT) / len(spans)
    bars = [
        _bar(span, LEFT + step * number, step, threshold)
        for number, span in enumerate(spans)
        if span.share is not None
    ]
    every = SPANS_OF_AN_HOUR * HOURS_BETWEEN_TICKS
    return Chart(
        bars=bars,
        x_ticks=[_time_tick(number, step, spans, label) for number in range(0, len(spans), every)],
        y_ticks=[Tick(at=_y(share), label=f"{share:.0%}") for share in (0.0, 0.5, 1.0)],
        threshold=None if threshold is None else _y(threshold),
    )


def _time_tick(
    number: int, step: float, spans: Sequence[Span], label: Callable[[datetime], str]
) -> Tick:
    is_last = number == len(spans) - 1
    at = RIGHT if is_last else LEFT + step * (number + 0.5)
    said = label(spans[number].at)
    return Tick(at=round(at, 1), label=said, anchor="end" if is_last else "middle")


def _bar(span: Span, x: float, step: float, threshold: float | None) -> Bar:
    share = span.share or 0.0
    height = max(LEAST_HEIGHT, BOTTOM - _y(share))
    return Bar(
        x=round(x + GAP / 2, 1),
        y=round(BOTTOM - height, 1),
        width=round(step - GAP, 1),
        height=round(height, 1),
        is_bad=threshold is not None and share >= threshold,
    )


def _y(share: float) -> float:
    return round(BOTTOM - (BOTTOM - TOP) * share, 1)
