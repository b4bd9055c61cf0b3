"""What endpoints may be told of: apps say here what happens in them, and how it reads.

    register({"alert.fired": _("An alert fires")})

in an app's `subscribers.py` tells of what is published under these very names. What is only
announced, or has names of its own, comes with a `read` that looks at the rows.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.events.bus import News, subscribe_many
from apps.lib.json import JsonObject

TEST: Final = "webhook.test"
# What people look up here, and no other system need know
LEFT_OUT: Final = frozenset({"output", "result", "changes"})
MAX_TEXT: Final = 500


class Happened(Protocol):
    """One thing that happened, as `read` finds it."""

    @property
    def names(self) -> tuple[str, ...]: ...  # the last one says it best
    @property
    def subject(self) -> tuple[str, int]: ...
    @property
    def folder_id(self) -> int: ...
    @property
    def key(self) -> str: ...  # of the queue, the workflow, …; "": it has none
    @property
    def occasion(self) -> str: ...  # the same happening has the same one
    @property
    def data(self) -> JsonObject: ...


Read = Callable[[News], Iterable[Happened]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What `publish` was told."""

    names: tuple[str, ...]
    subject: tuple[str, int]
    folder_id: int
    key: str = ""
    occasion: str
    data: JsonObject = field(default_factory=dict)


Title = str | Promise
_titles: dict[str, Title] = {}
_readers: dict[str, Read] = {}
_names: dict[str, frozenset[str]] = {}


def register(
    titles: Mapping[str, Title],
    *,
    heard: Mapping[str, Iterable[str]] | None = None,
    read: Read | None = None,
) -> None:
    """Offer these kinds. `heard`: the news that tell of them, and which they may tell of, where
    those have other names."""
    from .lifecycle.hearing import hear

    _titles.update(titles)
    for kind, names in (heard or {kind: [kind] for kind in titles}).items():
        _readers[kind] = read or published
        _names[kind] = frozenset(names)
        subscribe_many(kind)(hear)


def names_of(kind: str) -> frozenset[str]:
    """Return what news of `kind` may tell of: nothing need be read for those who want none."""
    return _names.get(kind, frozenset())


def titles() -> dict[str, Title]:
    """Return what people may choose, by name."""
    return dict(sorted(_titles.items()))


def title_of(kind: str) -> Title:
    return _("A test") if kind == TEST else _titles.get(kind, kind)


def happened(news: News) -> list[Happened]:
    """Return what the news tells of."""
    return list(_readers.get(news.kind, published)(news))


def published(news: News) -> list[Published]:
    if news.subject is None or news.folder_id is None:
        return []
    by: JsonObject = {"by": news.by.name} if news.by else {}
    return [
        Published(
            names=(news.kind,),
            subject=news.subject,
            folder_id=news.folder_id,
            occasion=f"event {news.event_id}",
            data={**news.data, **by},
        )
    ]


def told(data: Mapping[str, Any]) -> JsonObject:
    """Return what of it leaves the house: short values; results and outputs are asked for."""
    return {name: _short(value) for name, value in data.items() if name not in LEFT_OUT}


def _short(value: Any) -> Any:
    return value[:MAX_TEXT] if isinstance(value, str) else value
