"""Which part of the map a page shows: one filter for drawing, table and program."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from apps.lib.numbers import whole_number

from .charting import Chart, Edge, Key, Node

MAX_QUERY: Final = 2_000
MAX_SEARCH: Final = 100
# A layer shows those with the most traffic; the filter finds the others
MAX_IN_LAYER: Final = 40
SHOWN: Final = ("hidden", "failing")


@dataclass(frozen=True, kw_only=True)
class MapFilter:
    """What was asked for; its text form is a query string. What makes no sense is left out."""

    folder: int = 0
    q: str = ""
    show: str = ""

    @classmethod
    def parse(cls, query: str) -> "MapFilter":
        found = dict(parse_qsl(query[:MAX_QUERY]))
        search = "".join(each for each in found.get("q", "")[:MAX_SEARCH] if each.isprintable())
        show = found.get("show", "")
        return cls(
            folder=whole_number(found.get("folder", "")) or 0,
            q=search.strip(),
            show=show if show in SHOWN else "",
        )

    def query(self) -> str:
        pairs = {"folder": self.folder, "q": self.q, "show": self.show}
        return urlencode({name: value for name, value in pairs.items() if value})

    def but(self, **changes: Any) -> "MapFilter":
        return replace(self, **changes)

    def folders(self, visible: Iterable[int]) -> list[int]:
        """Return those it is about; a folder that one may not see is as good as none."""
        found = sorted(visible)
        return [self.folder] if self.folder in found else found


@dataclass(frozen=True, slots=True)
class Part:
    """What is shown of a chart; `left_out`: how many of each kind found no room."""

    nodes: list[Node]
    edges: list[Edge]
    left_out: dict[str, int]


def part_of(chart: Chart, wanted: MapFilter) -> Part:
    edges = list(chart.edges.values())
    keep = _kept(chart, edges, wanted)
    nodes, left_out = _heaviest(node for key, node in chart.nodes.items() if key in keep)
    there = {node.key for node in nodes}
    shown = [each for each in edges if {each.source.key, each.target.key} <= there]
    shown.sort(key=lambda each: (not each.is_hidden, -each.n, each.source.title, each.target.title))
    return Part(nodes, shown, left_out)


def _kept(chart: Chart, edges: list[Edge], wanted: MapFilter) -> set[Key]:
    """Return what fits, with all that leads to it and that it leads to."""
    keep = set(chart.nodes)
    if wanted.show == "hidden":
        keep = {each.key for edge in edges if edge.is_hidden for each in (edge.source, edge.target)}
    elif wanted.show == "failing":
        bad = {node.key for node in chart.nodes.values() if node.is_bad}
        keep = _connected(bad, edges)
    if wanted.q:
        text = wanted.q.casefold()
        found = {
            node.key
            for node in chart.nodes.values()
            if text in node.title.casefold() or text in node.name.casefold()
        }
        keep &= _connected(found, edges)
    return keep


def _connected(found: set[Key], edges: list[Edge]) -> set[Key]:
    ahead, back = defaultdict(set), defaultdict(set)
    for edge in edges:
        ahead[edge.source.key].add(edge.target.key)
        back[edge.target.key].add(edge.source.key)
    return _reached(found, ahead) | _reached(found, back)


def _reached(start: set[Key], ways: dict[Key, set[Key]]) -> set[Key]:
    seen, rest = set(start), list(start)
    while rest:
        new = ways[rest.pop()] - seen
        seen |= new
        rest += new
    return seen


def _heaviest(nodes: Iterable[Node]) -> tuple[list[Node], dict[str, int]]:
    layers: defaultdict[str, list[Node]] = defaultdict(list)
    for node in nodes:
        layers[node.kind].append(node)
    kept: list[Node] = []
    left_out = {}
    for kind, found in layers.items():
        found.sort(key=lambda node: (-node.n, node.title, node.pk))
        kept += found[:MAX_IN_LAYER]
        if len(found) > MAX_IN_LAYER:
            left_out[kind] = len(found) - MAX_IN_LAYER
    return kept, left_out
