"""What starts and stops with a web process: the live hub, the micro-batcher.

Register in the module that owns the thing: `on_startup(hub.start)`, `on_shutdown(hub.stop)`.
"""

from collections.abc import Awaitable, Callable

Step = Callable[[], Awaitable[None]]

_startup: list[Step] = []
_closing: list[Callable[[], None]] = []
_shutdown: list[Step] = []


def on_startup(step: Step) -> Step:
    """Have `step` awaited before the web process answers its first request."""
    if step not in _startup:
        _startup.append(step)
    return step


def on_closing(step: Callable[[], None]) -> None:
    """Have `step` called when no new requests come and the last ones are waited for."""
    if step not in _closing:
        _closing.append(step)


def begin_to_close() -> None:
    """Tell those who wait for something that may never come to answer now."""
    for step in _closing:
        step()


def on_shutdown(step: Step) -> Step:
    """Have `step` awaited after the last request; the last registered goes first."""
    if step not in _shutdown:
        _shutdown.append(step)
    return step


def startup_steps() -> list[Step]:
    return list(_startup)


def shutdown_steps() -> list[Step]:
    return list(reversed(_shutdown))
