"""A pane: one fragment, drawn once for all who look at it and would see the same."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from . import fragments
from .fragments import Audience, DataFragment, Rendered, Step

if TYPE_CHECKING:
    from .viewers import Viewer

GONE = ""  # stands for the hash of what does not exist
NEVER = float("-inf")

# What a thread has to do, and its result
Job = Callable[[], Any]
Steps = dict[str, dict[Audience, Step | None]]


@dataclass(eq=False)
class Pane:
    """Bookkeeping that both sorts share. Lives as long as somebody looks at it."""

    fragment_id: str
    topics: tuple[str, ...]
    viewers: "set[Viewer]" = field(default_factory=set)
    is_busy: bool = False
    looked_at: float = NEVER  # when it was last rendered or found unchanged
    not_before: float = NEVER
    cost_seconds: float = 0.0

    def is_watched(self) -> bool:
        return any(not viewer.is_paused for viewer in self.viewers)

    def job(self) -> Job | None:
        """Return what to do in a thread to bring this up to date; None if nobody can take it."""
        raise NotImplementedError

    def take(self, result: Any) -> "list[Viewer]":
        """Keep the result of the job; return the viewers who now have something to get."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Shown:
    """What an audience sees, and the op that makes a page show it."""

    hash: str
    op: str


@dataclass(eq=False)
class HtmlPane(Pane):
    """Latest value wins: viewers are told that it changed, and get what is newest when sent."""

    shown: dict[Audience, Shown] = field(default_factory=dict)

    def job(self) -> Job | None:
        audiences = {viewer.audience for viewer in self.viewers if not viewer.is_paused}
        return lambda: fragments.for_alike(audiences, self._draw)

    def take(self, result: dict[Audience, Shown]) -> "list[Viewer]":
        # who is paused is behind by then, and looks again when going on
        self.shown = result
        behind = [viewer for viewer in self.viewers if self._is_behind(viewer)]
        for viewer in behind:
            viewer.offer(self)
        return behind

    def _is_behind(self, viewer: "Viewer") -> bool:
        newest = self.shown.get(viewer.audience)
        return newest is not None and viewer.have.get(self.fragment_id) != newest.hash

    def _draw(self, audience: Audience) -> Shown:
        rendered = fragments.render(self.fragment_id, audience)
        if rendered is None:
            return Shown(GONE, gone_op(self.fragment_id))
        return Shown(rendered.hash, self._html_op(rendered))

    def _html_op(self, rendered: Rendered) -> str:
        op = {"k": "html", "f": self.fragment_id, "hash": rendered.hash, "html": rendered.html}
        return dump(op)


@dataclass(eq=False)
class DataPane(Pane):
    """What only grows: each viewer has a cursor, and those at the same place share a step."""

    def job(self) -> Job | None:
        wanted: defaultdict[str, set[Audience]] = defaultdict(set)
        for viewer in self.viewers:
            if self.fragment_id in viewer.pending:
                # One step is held at most: the next one when that has been sent.
                viewer.unfinished.add(self.fragment_id)
            elif not viewer.is_paused:
                wanted[self._cursor_of(viewer)].add(viewer.audience)
        return (lambda: dict(self._steps(wanted))) if wanted else None

    def take(self, result: Steps) -> "list[Viewer]":
        told = []
        for viewer in self.viewers:
            steps = result.get(self._cursor_of(viewer), {})
            if viewer.audience in steps and self.fragment_id not in viewer.pending:
                told += [viewer] if self._hand(viewer, steps[viewer.audience]) else []
        return told

    def _cursor_of(self, viewer: "Viewer") -> str:
        return viewer.cursors.get(self.fragment_id, "")

    def _steps(
        self, wanted: dict[str, set[Audience]]
    ) -> Iterator[tuple[str, dict[Audience, Step | None]]]:
        for cursor, audiences in wanted.items():
            take = partial(fragments.take_step, self.fragment_id, cursor=cursor)
            yield cursor, fragments.for_alike(audiences, take)

    def _hand(self, viewer: "Viewer", step: Step | None) -> bool:
        if step is None:
            return viewer.hand_gone(self.fragment_id)
        viewer.cursors[self.fragment_id] = step.cursor
        if step.data is None:
            return False
        data = {**step.data, "cursor": step.cursor, "more": step.has_more}
        viewer.hand(self.fragment_id, dump({"k": "data", "f": self.fragment_id, "d": data}))
        if step.has_more:
            viewer.unfinished.add(self.fragment_id)
        return True


def pane_for(fragment_id: str) -> Pane | None:
    """Return a new pane; None when there is no such fragment."""
    found = fragments.find(fragment_id)
    if found is None:
        return None
    fragment, arg = found
    sort = DataPane if isinstance(fragment, DataFragment) else HtmlPane
    return sort(fragment_id, fragment.topics_of(arg))


def gone_op(fragment_id: str) -> str:
    return dump({"k": "gone", "f": fragment_id})


def dump(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
