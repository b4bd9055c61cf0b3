"""Where everything stands in the drawing: layers from left to right, few crossings, no database."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from math import log10
from typing import Final

from .charting import Edge, Key, Node
from .models import Kind

WIDTH, HEIGHT = 176, 34
GAP_X, GAP_Y = 52, 10
HEAD: Final = 28
MARGIN: Final = 40  # for ways that lead back
SWEEPS: Final = 4
LETTERS: Final = 22
THINNEST, THICKEST = 1.0, 6.0


@dataclass(frozen=True, slots=True)
class Box:
    node: Node
    x: int
    y: int

    @property
    def label(self) -> str:
        title = self.node.title
        return title if len(title) <= LETTERS else f"{title[: LETTERS - 1]}…"

    @property
    def text_x(self) -> int:
        return self.x + 12

    @property
    def text_y(self) -> int:
        return self.y + HEIGHT // 2 + 4


@dataclass(frozen=True, slots=True)
class Line:
    edge: Edge
    path: str
    width: str


@dataclass(frozen=True, slots=True)
class Column:
    kind: str
    label: str
    x: int


@dataclass(frozen=True, slots=True)
class Drawing:
    columns: list[Column]
    boxes: list[Box]
    lines: list[Line]
    width: int
    height: int
    box_width: int = WIDTH
    box_height: int = HEIGHT


def draw(nodes: Iterable[Node], edges: Iterable[Edge]) -> Drawing:
    ways = list(edges)
    layers = _ordered(_layers(nodes), ways)
    boxes = {
        node.key: Box(node, _x(place), HEAD + row * (HEIGHT + GAP_Y))
        for place, layer in enumerate(layers)
        for row, node in enumerate(layer)
    }
    columns = [Column(kind.value, str(kind.label), _x(place)) for place, kind in enumerate(Kind)]
    longest = max((len(layer) for layer in layers), default=0)
    return Drawing(
        columns=columns,
        boxes=list(boxes.values()),
        lines=[_line(each, boxes) for each in ways],
        width=_x(len(columns) - 1) + WIDTH + MARGIN,
        height=HEAD + max(longest, 1) * (HEIGHT + GAP_Y) + MARGIN // 2,
    )


def _layers(nodes: Iterable[Node]) -> list[list[Node]]:
    by_kind = defaultdict(list)
    for node in nodes:
        by_kind[node.kind].append(node)
    return [by_kind[kind.value] for kind in Kind]


def _ordered(layers: list[list[Node]], edges: list[Edge]) -> list[list[Node]]:
    """Put each thing at the height of what it is connected with; to and fro some times."""
    near: defaultdict[Key, set[Key]] = defaultdict(set)
    for edge in edges:
        near[edge.source.key].add(edge.target.key)
        near[edge.target.key].add(edge.source.key)
    for sweep in range(SWEEPS):
        for layer in layers if sweep % 2 == 0 else reversed(layers):
            rows = {node.key: row for each in layers for row, node in enumerate(each)}
            layer.sort(key=lambda node: (_mean_row(node, near, rows), node.title))  # noqa: B023
    return layers


def _mean_row(node: Node, near: dict[Key, set[Key]], rows: dict[Key, int]) -> float:
    others = [rows[key] for key in near[node.key] if key in rows and key[0] != node.kind]
    return sum(others) / len(others) if others else rows[node.key]


def _line(edge: Edge, boxes: dict[Key, Box]) -> Line:
    begins, ends = boxes[edge.source.key], boxes[edge.target.key]
    x1, y1 = begins.x + WIDTH, begins.y + HEIGHT // 2
    x2, y2 = ends.x, ends.y + HEIGHT // 2
    if ends.x > begins.x:
        bend = (x2 - x1) // 2
        path = f"M{x1} {y1}C{x1 + bend} {y1} {x2 - bend} {y2} {x2} {y2}"
    else:
        # in the same layer or back: around on the right-hand side
        side = max(x1, ends.x + WIDTH) + MARGIN
        x2 = ends.x + WIDTH
        path = f"M{x1} {y1}C{side} {y1} {side} {y2} {x2} {y2}"
    return Line(edge, path, _width(edge.n))


def _width(n: int) -> str:
    return f"{min(THICKEST, THINNEST + log10(n + 1)):.1f}"


def _x(place: int) -> int:
    return place * (WIDTH + GAP_X)
