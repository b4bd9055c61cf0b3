"""Curves as coordinates for the templates' SVG: pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from .calibration import Bin

WIDTH, HEIGHT = 360, 260
LEFT, RIGHT, TOP, BOTTOM = 40, 350, 28, 218


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    at: float
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One measured point and its interval, in pixels; `is_vague`: the interval is wide."""

    x: float
    y: float
    top: float
    bottom: float
    is_vague: bool = False
    is_chosen: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    marks: Sequence[Mark]
    x_ticks: Sequence[Tick]
    y_ticks: Sequence[Tick]
    line: str = ""  # points of a polyline
    # where x and y are the same
    ideal: tuple[float, float, float, float] | None = None
    # vertical lines: what holds now, and what is proposed
    now: float | None = None
    proposed: float | None = None
    # a horizontal line: what is today
    level: float | None = None

    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = RIGHT
    top: int = TOP
    bottom: int = BOTTOM
    middle: int = (LEFT + RIGHT) // 2


def calibration_curve(bins: Sequence[Bin], *, now: float | None, proposed: float | None) -> Curve:
    """Return stated confidence (x) against measured accuracy (y), both from `lowest` to 1."""
    seen = [min(each.stated, each.accuracy.low) for each in bins]
    seen += [each for each in (now, proposed) if each is not None]
    lowest = min(0.9, math.floor(min(seen, default=0.5) * 10) / 10)
    scale = _Scale(lowest, 1.0)
    ticks = _steps(lowest)
    return Curve(
        marks=[
            Mark(
                x=scale.x(each.stated),
                y=scale.y(each.accuracy.value),
                top=scale.y(each.accuracy.high),
                bottom=scale.y(each.accuracy.low),
                is_vague=not each.accuracy.is_precise,
            )
            for each in bins
        ],
        line=" ".join(f"{scale.x(each.stated)},{scale.y(each.accuracy.value)}" for each in bins),
        x_ticks=[Tick(at=scale.x(each), label=_percent(each)) for each in ticks],
        y_ticks=[Tick(at=scale.y(each), label=_percent(each)) for each in ticks],
        ideal=(scale.x(lowest), scale.y(lowest), scale.x(1), scale.y(1)),
        now=None if now is None else scale.x(now),
        proposed=None if proposed is None else scale.x(proposed),
    )


def workload_curve(
    points: Sequence[tuple[float, float]], *, today: float, chosen: float | None
) -> Curve:
    """Return error rates (x, in even steps) against the share that people look at (y)."""
    highest = max([share for _rate, share in points] + [today, 0.1])
    top = min(1.0, math.ceil(highest * 10) / 10)
    scale = _Scale(0.0, top)
    gap = (RIGHT - LEFT) / max(1, len(points))
    places = [round(LEFT + gap * (number + 0.5), 1) for number in range(len(points))]
    marks = [
        Mark(
            x=x,
            y=scale.y(share),
            top=scale.y(share),
            bottom=scale.y(share),
            is_chosen=chosen is not None and abs(rate - chosen) < 1e-9,
        )
        for x, (rate, share) in zip(places, points, strict=True)
    ]
    return Curve(
        marks=marks,
        line=" ".join(f"{mark.x},{mark.y}" for mark in marks),
        x_ticks=[
            Tick(at=x, label=_percent(rate))
            for x, (rate, _share) in zip(places, points, strict=True)
        ],
        y_ticks=[
            Tick(at=scale.y(top * step / 4), label=_percent(top * step / 4)) for step in range(5)
        ],
        level=scale.y(today),
    )


class _Scale:
    def __init__(self, low: float, high: float) -> None:
        self._low, self._span = low, max(high - low, 1e-9)

    def x(self, value: float) -> float:
        return round(LEFT + (RIGHT - LEFT) * self._share(value), 1)

    def y(self, value: float) -> float:
        return round(BOTTOM - (BOTTOM - TOP) * self._share(value), 1)

    def _share(self, value: float) -> float:
        return min(1.0, max(0.0, (value - self._low) / self._span))


def _steps(lowest: float) -> list[float]:
    step = 0.02 if lowest >= 0.9 else 0.1 if lowest >= 0.4 else 0.2
    n = round((1 - lowest) / step)
    return [round(1 - step * k, 2) for k in range(n, -1, -1)]


def _percent(share: float) -> str:
    return f"{100 * share:.3g}"
