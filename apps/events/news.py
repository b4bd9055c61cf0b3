"""News, who subscribes to them, and how they lie in the outbox."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from apps.lib.actors import Actor
from apps.lib.json import JsonObject

from .models import Outbox

# In the data of an outbox row, what belongs to the event and not to its publisher
EVENT_KEY = "_event"


@dataclass(frozen=True, slots=True)
class News:
    """What a subscriber is told. From `subject` to `event_id` they are set for
    published events only."""

    id: int
    kind: str
    data: JsonObject = field(default_factory=dict)
    subject: tuple[str, int] | None = None
    folder_id: int | None = None
    by: Actor | None = None
    event_id: int | None = None
    # when it was put into the outbox
    at: datetime | None = None


Handler = Callable[[News], None]
HandlerOfMany = Callable[[list[News]], None]
_handlers: dict[str, list[Handler]] = defaultdict(list)
_handlers_of_many: dict[str, list[HandlerOfMany]] = defaultdict(list)
_at_once: dict[str, int] = {}


def subscribe(*kinds: str) -> Callable[[Handler], Handler]:
    """Register a handler of `kinds`. It may be called twice with the same news: be idempotent.

    Put it in the app's `subscribers.py`, which every process loads. All handlers of one news run
    in one transaction: if one fails, all are undone and called again later.
    """

    def register(handler: Handler) -> Handler:
        for kind in kinds:
            if handler not in _handlers[kind]:
                _handlers[kind].append(handler)
        return handler

    return register


def subscribe_many(
    *kinds: str, at_once: int | None = None
) -> Callable[[HandlerOfMany], HandlerOfMany]:
    """The same for a handler that is told many news of one kind at once, in the order of their due
    times, in one transaction. If it fails, it is called again with each of them alone.

    `at_once`: how many at most, for those whose news are heavy; None: as delivery has it.
    """

    def register(handler: HandlerOfMany) -> HandlerOfMany:
        for kind in kinds:
            if at_once is not None:
                _at_once[kind] = min(at_once, _at_once.get(kind, at_once))
            if handler not in _handlers_of_many[kind]:
                _handlers_of_many[kind].append(handler)
        return handler

    return register


def has_handlers(kind: str) -> bool:
    return bool(_handlers.get(kind)) or takes_many(kind)


def takes_many(kind: str) -> bool:
    """Say whether somebody wants news of `kind` together."""
    return bool(_handlers_of_many.get(kind))


def most_at_once(kind: str, usual: int) -> int:
    """Return how many news of `kind` may be told together."""
    return _at_once.get(kind, usual)


def tell(kind: str, news: list[News]) -> None:
    """Call all handlers of `kind`."""
    for handler in list(_handlers.get(kind, ())):
        for each in news:
            handler(each)
    for handler_of_many in list(_handlers_of_many.get(kind, ())):
        handler_of_many(list(news))


def news_of(row: Outbox) -> News:
    data = dict(row.data)
    event = data.pop(EVENT_KEY, None)
    if event is None:
        return News(row.pk, row.kind, data, at=row.created_at)
    return News(
        row.pk,
        row.kind,
        data,
        subject=(event["subject"][0], event["subject"][1]),
        folder_id=event["folder_id"],
        by=Actor(**event["by"]),
        event_id=event["id"],
        at=row.created_at,
    )
