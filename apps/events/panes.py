"""A pane: one fragment as one audience sees it, rendered once for all who look at it."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from . import fragments
from .fragments import Audience, DataFragment, Rendered, Step

if TYPE_CHECKING:
    from .viewers import Viewer

GONE = ""  # stands for the hash of what does not exist
NEVER = float("-inf")

Key = tuple[str, Audience]
# What a thread has to do, and its result
Job = Callable[[], Any]


@dataclass(eq=False)
class Pane:
    """Bookkeeping that both sorts share. Lives as long as somebody looks at it."""

    fragment_id: str
    audience: Audience
    topics: tuple[str, ...]
    viewers: "set[Viewer]" = field(default_factory=set)
    is_busy: bool = False
    looked_at: float = NEVER  # when it was last rendered or found unchanged
    not_before: float = NEVER
    cost_seconds: float = 0.0

    @property
    def key(self) -> Key:
        return self.fragment_id, self.audience

    def is_watched(self) -> bool:
        return any(not viewer.is_paused for viewer in self.viewers)

    def job(self) -> Job | None:
        """Return what to do in a thread to bring this up to date; None if nobody can take it."""
        raise NotImplementedError

    def take(self, result: Any) -> "list[Viewer]":
        """Keep the result of the job; return the viewers who now have something to get."""
        raise NotImplementedError


@dataclass(eq=False)
class HtmlPane(Pane):
    """Latest value wins: viewers are told that it changed, and get what is newest when sent."""

    hash: str | None = None
    op: str = ""

    def job(self) -> Job:
        return lambda: fragments.render(self.fragment_id, self.audience)

    def take(self, result: Rendered | None) -> "list[Viewer]":
        newest = GONE if result is None else result.hash
        if newest != self.hash:
            self.hash = newest
            self.op = gone_op(self.fragment_id) if result is None else self._html_op(result)
        behind = [viewer for viewer in self.viewers if viewer.have.get(self.fragment_id) != newest]
        for viewer in behind:
            viewer.offer(self)
        return behind

    def _html_op(self, rendered: Rendered) -> str:
        op = {"k": "html", "f": self.fragment_id, "hash": rendered.hash, "html": rendered.html}
        return dump(op)


@dataclass(eq=False)
class DataPane(Pane):
    """What only grows: each viewer has a cursor, and those at the same place share a step."""

    def job(self) -> Job | None:
        cursors = set()
        for viewer in self.viewers:
            if self.fragment_id in viewer.pending:
                # One step is held at most: the next one when that has been sent.
                viewer.unfinished.add(self.fragment_id)
            elif not viewer.is_paused:
                cursors.add(viewer.cursors.get(self.fragment_id, ""))
        return (lambda: self._steps(cursors)) if cursors else None

    def take(self, result: dict[str, Step | None]) -> "list[Viewer]":
        told = []
        for viewer in self.viewers:
            cursor = viewer.cursors.get(self.fragment_id, "")
            if cursor in result and self.fragment_id not in viewer.pending:
                told += [viewer] if self._hand(viewer, result[cursor]) else []
        return told

    def _steps(self, cursors: set[str]) -> dict[str, Step | None]:
        return {
            cursor: fragments.take_step(self.fragment_id, self.audience, cursor)
            for cursor in cursors
        }

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


def pane_for(fragment_id: str, audience: Audience) -> Pane | None:
    """Return a new pane; None when there is no such fragment."""
    found = fragments.find(fragment_id)
    if found is None:
        return None
    fragment, arg = found
    sort = DataPane if isinstance(fragment, DataFragment) else HtmlPane
    return sort(fragment_id, audience, fragment.topics_of(arg))


def gone_op(fragment_id: str) -> str:
    return dump({"k": "gone", "f": fragment_id})


def dump(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
