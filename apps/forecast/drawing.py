"""The forecast as coordinates for the template's SVG: pure."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import numpy as np

from .simulating import Simulated
from .windows import Closing

WIDTH, HEIGHT = 520, 250
LEFT, RIGHT, TOP, BOTTOM = 46, 508, 20, 208
POINTS: Final = 96
SHARES: Final = (0.1, 0.5, 0.9)
# what stands between two ticks, in minutes, and how many ticks there may be
GAPS: Final = (5, 10, 15, 30, 60, 120, 180, 240, 360, 720, 1440)
MAX_TICKS: Final = 7
LEAST_SECONDS: Final = 1800.0
ROWS: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table: how many items wait or are in hand then."""

    at: datetime
    low: int
    middle: int
    high: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Fan:
    """The band between the tenth and the ninetieth of 100 days, and the line of the middle one."""

    band: str
    line: str
    x_ticks: Sequence[Tick]
    y_ticks: Sequence[Tick]
    rows: Sequence[Row]
    # left end and width of each closed time
    closed: Sequence[tuple[float, float]]
    # when it is empty: the middle, where it lies within the drawing
    empty: float | None

    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = RIGHT
    top: int = TOP
    bottom: int = BOTTOM
    depth: int = BOTTOM - TOP


def fan(found: Simulated, now: datetime, closings: Sequence[Closing], zone_now: datetime) -> Fan:
    """Draw how many items wait over time. `zone_now`: now on the reader's clock, for the ticks."""
    length = _length(found)
    moments = np.linspace(0.0, length, POINTS + 1)
    low, middle, high = np.quantile(found.waiting_at(moments), SHARES, axis=1)
    top = _round_up(float(high.max()))

    def x(seconds: float) -> float:
        return round(LEFT + (RIGHT - LEFT) * min(1.0, max(0.0, seconds / length)), 1)

    def y(value: float) -> float:
        return round(BOTTOM - (BOTTOM - TOP) * min(1.0, max(0.0, value / top)), 1)

    xs = [x(float(moment)) for moment in moments]
    upper = [f"{at},{y(float(value))}" for at, value in zip(xs, high, strict=True)]
    lower = [f"{at},{y(float(value))}" for at, value in zip(xs, low, strict=True)]
    empty = found.cleared_at(0.5)
    return Fan(
        band=" ".join(upper + lower[::-1]),
        line=" ".join(f"{at},{y(float(value))}" for at, value in zip(xs, middle, strict=True)),
        x_ticks=_time_ticks(zone_now, length, x),
        y_ticks=[Tick(at=y(top * n / 4), label=f"{top * n / 4:,.0f}") for n in _quarters(top)],
        rows=[
            Row(
                now + timedelta(seconds=float(moments[place])),
                round(float(low[place])),
                round(float(middle[place])),
                round(float(high[place])),
            )
            for place in range(0, POINTS + 1, POINTS // ROWS)
        ],
        closed=[
            (x(each.start), round(x(each.end) - x(each.start), 1))
            for each in closings
            if each.slots is None and each.start < length
        ],
        empty=None if empty is None or empty > length else x(empty),
    )


def _length(found: Simulated) -> float:
    """Return how much time to draw: somewhat more than until it is empty for sure."""
    last = found.cleared_at(0.9)
    if last is None:
        return found.horizon
    return min(found.horizon, max(LEAST_SECONDS, 1.3 * last))


def _round_up(value: float) -> float:
    """Return the next number that divides well by four."""
    if value <= 4:
        return 4.0
    unit = 10 ** math.floor(math.log10(value / 4))
    for factor in (1, 2, 2.5, 5, 10):
        if 4 * unit * factor >= value and (4 * unit * factor) % 4 == 0:
            return float(4 * unit * factor)
    return float(4 * math.ceil(value / 4))


def _quarters(top: float) -> range:
    return range(5) if top % 4 == 0 else range(0, 5, 2)


def _time_ticks(now: datetime, length: float, x: Callable[[float], float]) -> list[Tick]:
    gap = next((each for each in GAPS if length / 60 / each <= MAX_TICKS), GAPS[-1])
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    into = (now - midnight).total_seconds() / 60
    first = math.ceil(into / gap) * gap
    found = []
    for number in range(MAX_TICKS + 1):
        seconds = (first + number * gap - into) * 60
        if seconds <= length:
            moment = now + timedelta(seconds=seconds)
            label = f"{moment:%H:%M}" if gap < 720 else f"{moment:%d.%m. %H:%M}"
            found.append(Tick(at=x(seconds), label=label))
    return found
