"""An event loop in a thread of its own, as the web process has one."""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")


def run_apart(work: Coroutine[Any, Any, T]) -> T:
    """Run `work` where no database connection of the test lies about.

    The end of a request looks after its thread's connection; on the test's own thread that would
    be a database call on the event loop, which Django refuses.
    """
    with ThreadPoolExecutor(max_workers=1) as thread:
        return thread.submit(asyncio.run, work).result()
