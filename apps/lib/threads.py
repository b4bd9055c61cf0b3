"""From the event loop to a thread and back."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from asgiref.sync import sync_to_async
from django.db import connections

P = ParamSpec("P")
T = TypeVar("T")


async def in_thread(function: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
    """Call `function`, which may use the database, in the thread of this request.

    Its database connection is let go of afterwards, as at the end of a request.
    """

    def call() -> T:
        try:
            return function(*arguments, **named)
        finally:
            let_go_of_connections()

    return await sync_to_async(call)()


def let_go_of_connections() -> None:
    """Do what Django does at the end of a request: close connections, or give them to the pool.

    Not in the middle of a transaction, as in a test that rolls everything back.
    """
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:
            connection.close_if_unusable_or_obsolete()
