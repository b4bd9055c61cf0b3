"""What can happen next to an instance, and letting it happen."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from apps.workflows.engine.events import (
    Event,
    ItemEnded,
    PassesEnded,
    Repaired,
    TaskDecided,
    Triggered,
)  # fmt: skip
from apps.workflows.engine.harness import Rehearsal
from apps.workflows.engine.state import Token

OUTSIDE = {"item", "items", "task", "event", "gate", "child", "incident"}


@dataclass(frozen=True)
class Chance:
    """Something that may happen; `what` is the same whatever the order of events."""

    what: str
    event: Event


def chances(run: Rehearsal, *, failures: bool = False) -> list[Chance]:
    """Return what may happen now, in an order that does not depend on how it came here."""
    found = [*_of_tokens(run, failures), *_of_subscriptions(run)]
    return sorted(found, key=lambda chance: chance.what)


def _of_tokens(run: Rehearsal, failures: bool) -> Iterator[Chance]:
    for token in run.state.tokens.values():
        what = f"{token.waits_for} {token.node} {token.local.get('item', '')}"
        if token.waits_for in _BY_REASON:
            yield Chance(what, _BY_REASON[token.waits_for](run, token))
        if token.waits_for == "item" and failures:
            event = ItemEnded(at=run.now, token=token.number, status="failed", code="E1")
            yield Chance(f"{what} fails", event)


def _of_subscriptions(run: Rehearsal) -> Iterator[Chance]:
    for row in run.state.subscriptions.values():
        at = row.due_at or run.now
        yield Chance(
            f"{row.kind} {row.node}", Triggered(at=max(at, run.now), subscription=row.number)
        )


def _item(run: Rehearsal, token: Token) -> Event:
    output = {token.node: "done"}
    return ItemEnded(at=run.now, token=token.number, status="successful", output=output)


def _items(run: Rehearsal, token: Token) -> Event:
    results = [{"done": number} for number in range(token.facts["total"])]
    return PassesEnded(at=run.now, token=token.number, results=results)


def _task(run: Rehearsal, token: Token) -> Event:
    return TaskDecided(
        at=run.now, token=token.number, decision="complete", values={token.node: "decided"}
    )


def _incident(run: Rehearsal, token: Token) -> Event:
    return Repaired(at=run.now, token=token.number, how="go_on")


_BY_REASON: dict[str, Callable[[Rehearsal, Token], Event]] = {
    "item": _item,
    "items": _items,
    "task": _task,
    "incident": _incident,
}


def happen(run: Rehearsal, chance: Chance) -> None:
    run.now = max(run.now, chance.event.at)
    run.happen(chance.event)


def drive_to_end(run: Rehearsal, *, limit: int = 500) -> None:
    """Let whatever waits go on until the instance ends; what may come for ever comes never."""
    for _ in range(limit):
        if run.status != "running":
            return
        able = [each for each in chances(run) if not each.what.startswith("signal")]
        assert able, f"nobody can go on from {run.places}"
        happen(run, able[0])
    raise AssertionError(f"still running after {limit} events, at {run.places}")
