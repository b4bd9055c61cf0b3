"""Days as bars for the template's SVG: pure. Long spans are drawn by weeks or months."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final, Literal

from .shapes import ZERO, Days, Kind, words_of

WIDTH, HEIGHT = 720, 240
LEFT, RIGHT, TOP, BOTTOM = 66, 712, 14, 206
MOST_DAYS, MOST_WEEKS = 92, 400
MAX_LABELS: Final = 8
Step = Literal["day", "week", "month"]


@dataclass(frozen=True, slots=True)
class Bar:
    """A rectangle; `n` says which series it is of, from 1."""

    x: float
    y: float
    width: float
    height: float
    n: int


@dataclass(frozen=True, slots=True)
class Tick:
    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Line:
    """What the table beside the drawing says of one bar."""

    first: date
    values: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    title: str
    step: Step
    labels: Sequence[str]
    bars: Sequence[Bar]
    x_ticks: Sequence[Tick]
    y_ticks: Sequence[Tick]
    lines: Sequence[Line]

    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = RIGHT
    bottom: int = BOTTOM


def chart(days: Days) -> Chart | None:
    """Return the drawing; None of a single day, or where there is nothing to draw."""
    if len(days.days) < 2 or not any(any(each.values) for each in days.series):
        return None
    step = step_of(len(days.days))
    starts, sums = gathered(days, step)
    tops = [sum((max(ZERO, each[place]) for each in sums), ZERO) for place in range(len(starts))]
    top = _round_up(float(max(tops)))
    return Chart(
        title=days.title,
        step=step,
        labels=[each.label for each in days.series],
        bars=_bars(sums, len(starts), top),
        x_ticks=_x_ticks(starts, step),
        y_ticks=[Tick(_y(top * n / 4, top), _tick_words(top * n / 4, days.kind)) for n in range(5)],
        lines=[
            Line(start, [words_of(each[place], days.kind) for each in sums])
            for place, start in enumerate(starts)
        ],
    )


def step_of(n_days: int) -> Step:
    if n_days <= MOST_DAYS:
        return "day"
    return "week" if n_days <= MOST_WEEKS else "month"


def gathered(days: Days, step: Step) -> tuple[list[date], list[list[Decimal]]]:
    """Return when each bar begins, and the sums of each series by bar."""
    places: dict[date, int] = {}
    for day in days.days:
        places.setdefault(_start(day, step), len(places))
    sums = [[ZERO] * len(places) for _each in days.series]
    for row, series in zip(sums, days.series, strict=True):
        for day, n in zip(days.days, series.values, strict=True):
            row[places[_start(day, step)]] += n
    return list(places), sums


def _start(day: date, step: Step) -> date:
    if step == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if step == "month" else day


def _bars(sums: Sequence[Sequence[Decimal]], n_bars: int, top: float) -> list[Bar]:
    gap = (RIGHT - LEFT) / n_bars
    width = round(max(1.0, gap * 0.72), 1)
    found = []
    for place in range(n_bars):
        x = round(LEFT + gap * place + (gap - width) / 2, 1)
        below = 0.0
        for number, row in enumerate(sums, start=1):
            value = max(0.0, float(row[place]))
            if value:
                y, bottom = _y(below + value, top), _y(below, top)
                found.append(Bar(x, y, width, round(bottom - y, 1), number))
                below += value
    return found


def _x_ticks(starts: Sequence[date], step: Step) -> list[Tick]:
    gap = (RIGHT - LEFT) / len(starts)
    every = math.ceil(len(starts) / MAX_LABELS)
    pattern = "%Y-%m" if step == "month" else "%m-%d"
    return [
        Tick(round(LEFT + gap * (place + 0.5), 1), f"{start:{pattern}}")
        for place, start in enumerate(starts)
        if place % every == 0
    ]


def _y(value: float, top: float) -> float:
    return round(BOTTOM - (BOTTOM - TOP) * min(1.0, value / top), 1)


def _tick_words(value: float, kind: Kind) -> str:
    number = f"{value:g}" if value < 10_000 else f"{value / 1000:g}k"
    return f"{number} h" if kind == "hours" else number


def _round_up(value: float) -> float:
    """Return a round number at or above it, of which a quarter is round, too."""
    if value <= 0:
        return 4.0
    unit = 10.0 ** math.floor(math.log10(value))
    steps = (1, 1.2, 1.6, 2, 2.4, 3, 4, 6, 8, 10)
    return next(unit * each for each in steps if unit * each >= value - 1e-9)
