"""How long to wait before the next try."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Backoff = Literal["fixed", "exponential"]

MAX_DELAY_SECONDS = 7 * 86_400
# Delays are stretched by up to this part, so that items that failed together don't return together.
JITTER = 0.1
MAX_DOUBLINGS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """How retries go: `max_attempts` counts every try, the first included."""

    delay_seconds: float
    backoff: Backoff
    max_attempts: int


def retry_delay(retry: Retry, *, tries: int, random: Callable[[], float]) -> float:
    """Return the seconds to wait after `tries` failed tries; `random()` gives 0 to 1.

    Never less than the delay that people set, at most a tenth more, never over a week.
    """
    doublings = min(tries - 1, MAX_DOUBLINGS) if retry.backoff == "exponential" else 0
    delay = retry.delay_seconds * 2.0 ** max(0, doublings)
    return min(delay * (1 + JITTER * random()), MAX_DELAY_SECONDS)
