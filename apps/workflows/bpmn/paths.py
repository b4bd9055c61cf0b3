"""Ways through the drawing: what can be reached, and from where."""

from collections import defaultdict
from collections.abc import Container, Iterable, Mapping
from typing import Final

from apps.workflows.graph import Flow, LinkEvent, Node

Ways = Mapping[str, tuple[str, ...]]
NOTHING: Final[frozenset[str]] = frozenset()


def ways_on(nodes: Mapping[str, Node], flows: Mapping[str, Flow]) -> dict[str, tuple[str, ...]]:
    """Return where a token of each node can go next: by flows, links and boundary events."""
    catches = {
        (node.scope, node.event.name): id
        for id, node in nodes.items()
        if node.kind == "catch" and isinstance(node.event, LinkEvent)
    }
    return {id: tuple(_next(node, flows, catches)) for id, node in nodes.items()}


def _next(
    node: Node, flows: Mapping[str, Flow], catches: Mapping[tuple[str, str], str]
) -> Iterable[str]:
    for id in node.outgoing:
        yield flows[id].target
    yield from node.boundaries
    if node.kind == "throw" and isinstance(node.event, LinkEvent):
        catch = catches.get((node.scope, node.event.name))
        if catch:
            yield catch


def backwards(ways: Ways) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = defaultdict(list)
    for source, targets in ways.items():
        for target in targets:
            found[target].append(source)
    return {id: tuple(sources) for id, sources in found.items()}


def walk(
    begin: Iterable[str], ways: Ways, *, never: Container[str] = frozenset()
) -> frozenset[str]:
    """Return everything on the ways from `begin`, these included, without stepping on `never`."""
    seen: set[str] = set()
    waiting = [id for id in begin if id not in never]
    while waiting:
        id = waiting.pop()
        if id not in seen:
            seen.add(id)
            waiting += [each for each in ways.get(id, ()) if each not in never]
    return frozenset(seen)


def reaches(nodes: Mapping[str, Node], flows: Mapping[str, Flow]) -> dict[str, frozenset[str]]:
    """Return for each inclusive gateway from where it can be reached; see graph.Graph.reaches."""
    gateways = [id for id, node in nodes.items() if node.kind == "inclusive"]
    if not gateways:
        return {}
    back = backwards(ways_on(nodes, flows))
    # what has one flow to it waits for nobody
    return {
        id: walk(back.get(id, ()), back, never={id}) if len(nodes[id].incoming) > 1 else NOTHING
        for id in gateways
    }


def knots(ways: Ways) -> list[frozenset[str]]:
    """Return the sets of nodes that lie on common cycles, in the order of `ways`."""
    back = backwards(ways)
    found = []
    done: set[str] = set()
    for id in _by_finish(ways):
        if id in done:
            continue
        knot = walk([id], back, never=done)
        done |= knot
        if len(knot) > 1 or id in ways[id]:
            found.append(knot)
    position = {id: n for n, id in enumerate(ways)}
    return sorted(found, key=lambda knot: min(position[id] for id in knot))


def _by_finish(ways: Ways) -> list[str]:
    """Return the nodes, those that a walk in depth leaves last first."""
    order: list[str] = []
    seen: set[str] = set()
    for root in ways:
        stack: list[tuple[str, int]] = [(root, 0)]
        while stack:
            id, n = stack.pop()
            if n == 0 and id in seen:
                continue
            seen.add(id)
            targets = ways.get(id, ())
            if n < len(targets):
                stack += [(id, n + 1), (targets[n], 0)]
            else:
                order.append(id)
    return order[::-1]
