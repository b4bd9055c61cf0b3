"""A back-test as coordinates for the template's SVG: pure."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from .simulating import Outcome, Series

WIDTH, HEIGHT = 560, 150
LEFT, RIGHT, TOP, BOTTOM = 44, 552, 12, 96
BAND, BAND_HEIGHT = 104, 14
# so that a minute in two weeks is seen as well
LEAST_WIDTH = 2.5
BUCKETS: Final = 252
TICKS: Final = 7
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
# from here on days are told, not hours
SHORT: Final = 3 * DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    x: float
    width: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    at: float
    label: str
    anchor: str = "middle"


@dataclass(frozen=True, slots=True, kw_only=True)
class Strip:
    """`line`: the path of what was measured, "" where it is no number."""

    line: str
    threshold: float | None
    clear: float | None
    bars: Sequence[Bar]
    # before this nothing is known
    unknown: float
    x_ticks: Sequence[Tick]
    y_ticks: Sequence[Tick]

    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = RIGHT
    bottom: int = BOTTOM
    band: int = BAND
    band_height: int = BAND_HEIGHT


def strip_of(
    outcome: Outcome, *, time: Callable[[datetime], str], number: Callable[[float], str]
) -> Strip:
    """Return the picture; `time` says a day or an hour and `number` a value to the reader."""
    compared = outcome.shown.test.as_json().get("value") if outcome.shown else None
    value = float(compared) if isinstance(compared, int | float) else None
    clear = outcome.shown.clear if outcome.shown else None
    peaks = _known(_peaks(outcome.series), outcome)
    numbers = [each for each in peaks if each is not None]
    top = _nice(max([*numbers, value or 0.0, 1e-9]))
    is_drawn = bool(numbers) and value is not None
    known = outcome.known_since
    return Strip(
        line=_path(peaks, top) if is_drawn else "",
        threshold=_y(value, top) if is_drawn and value is not None else None,
        clear=_y(clear, top) if is_drawn and clear is not None else None,
        bars=[_bar(each.fired_at, each.ended_at, outcome) for each in outcome.stretches],
        unknown=round(_x(known, outcome) - LEFT, 1) if known else 0.0,
        x_ticks=_times(outcome, time),
        y_ticks=[Tick(at=_y(each, top), label=number(each)) for each in (0.0, top)]
        if is_drawn
        else [],
    )


def _peaks(series: Series) -> list[float | None]:
    """Return the highest number of each part of the time."""
    if not series:
        return []
    size = math.ceil(len(series) / BUCKETS)
    found: list[float | None] = []
    for first in range(0, len(series), size):
        numbers = [
            float(each) for each in series[first : first + size] if isinstance(each, int | float)
        ]
        found.append(max(numbers) if numbers else None)
    return found


def _known(peaks: list[float | None], outcome: Outcome) -> list[float | None]:
    """Draw nothing where nothing is known."""
    if outcome.known_since is None or not peaks:
        return peaks
    share = (outcome.known_since - outcome.since) / (outcome.until - outcome.since)
    n_unknown = min(len(peaks), max(0, int(share * len(peaks))))
    return [None] * n_unknown + peaks[n_unknown:]


def _path(peaks: Sequence[float | None], top: float) -> str:
    step = (RIGHT - LEFT) / len(peaks)
    parts, is_on = [], False
    for n, peak in enumerate(peaks):
        if peak is None:
            is_on = False
            continue
        x, y = LEFT + step * n, _y(peak, top)
        parts.append(f"{'L' if is_on else 'M'}{x:.1f} {y:g}H{x + step:.1f}")
        is_on = True
    return "".join(parts)


def _bar(begin: datetime, end: datetime | None, outcome: Outcome) -> Bar:
    first, last = _x(begin, outcome), _x(end or outcome.until, outcome)
    width = max(LEAST_WIDTH, last - first)
    return Bar(x=round(min(first, RIGHT - width), 1), width=round(width, 1))


def _times(outcome: Outcome, time: Callable[[datetime], str]) -> list[Tick]:
    """Return some ticks: whole hours of a short time, days of a long one."""
    length, first = outcome.until - outcome.since, outcome.since
    unit = DAY
    if length < SHORT:
        unit, first = HOUR, first.replace(minute=0, second=0) + HOUR
    step = unit * max(1, math.ceil(length / unit / TICKS))
    found = []
    while first < outcome.until:
        anchor = "start" if first == outcome.since else "middle"
        found.append(Tick(at=round(_x(first, outcome), 1), label=time(first), anchor=anchor))
        first += step
    return found


def _x(at: datetime, outcome: Outcome) -> float:
    share = (at - outcome.since) / (outcome.until - outcome.since)
    return LEFT + (RIGHT - LEFT) * min(1.0, max(0.0, share))


def _y(value: float, top: float) -> float:
    return round(BOTTOM - (BOTTOM - TOP) * min(1.0, max(0.0, value / top)), 1)


def _nice(most: float) -> float:
    """Return a round number that is at least as large."""
    size = 10.0 ** math.floor(math.log10(most))
    return next(size * n for n in (1, 1.5, 2, 3, 4, 5, 6, 8, 10) if size * n >= most * 0.9999999)
