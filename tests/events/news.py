"""A kind of news that tests may subscribe to."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from apps.events import bus, news
from apps.events.news import News

KIND = "test.happened"


@contextmanager
def handled_together_by(handler: Callable[[list[News]], None]) -> Iterator[None]:
    bus.subscribe_many(KIND)(handler)
    try:
        yield
    finally:
        del news._handlers_of_many[KIND]


@contextmanager
def handled_by(*handlers: Callable[[News], None]) -> Iterator[None]:
    for handler in handlers:
        bus.subscribe(KIND)(handler)
    try:
        yield
    finally:
        del news._handlers[KIND]
