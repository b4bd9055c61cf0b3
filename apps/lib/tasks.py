"""Ending asyncio tasks for certain."""

import asyncio
from collections.abc import Collection
from typing import Any

ASK_AGAIN_SECONDS = 0.2


async def end_all(tasks: "Collection[asyncio.Future[Any]]") -> None:
    """Cancel `tasks` and return when all have ended.

    A cancellation may get lost in a library: before Python 3.12 `wait_for`, which redis-py uses to
    write, swallows the one that comes in the moment when it is done. Hence again and again.
    """
    while unfinished := [task for task in tasks if not task.done()]:
        for task in unfinished:
            task.cancel()
        await asyncio.wait(unfinished, timeout=ASK_AGAIN_SECONDS)
    # their errors have been seen
    await asyncio.gather(*tasks, return_exceptions=True)
