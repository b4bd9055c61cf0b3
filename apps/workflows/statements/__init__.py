"""The SQL of a step. Texts only; `lifecycle` runs them.

The rules behind all of them:

- Whoever changes rows of instances locks the instances first, in the order of their ids. What a
  statement reads before that is a hint only, and is looked at again under the lock.
- A step writes with one statement, whatever the number of instances: its parts are those of
  `WRITES` for which there is something to write, each with a parameter of its own.
- Sweeps lock with SKIP LOCKED; they may run twice at once.
- Advisory locks (see `LOCK_NAMES`) come after locks of instances, sorted, all at once.
"""

from .loading import LOAD_CHAINS, LOAD_WHOLE, LOCK, LOCK_FREE
from .messages import (
    BUFFER_MESSAGES,
    DUE_TIMERS,
    FIND_BUFFERED,
    FIND_BUFFERED_FOR,
    HAS_LISTENERS,
    LISTENERS,
    LOCK_MESSAGES,
    LOCK_NAMES,
    SIGNAL_LISTENERS,
    START_LISTENERS,
)
from .passes import (
    COUNT_PASSES,
    FORGET_FAN_OUTS,
    FORGET_PASSES,
    RECORD_PASSES,
    RESULTS_OF,
    TAKE_FAILED,
)
from .people import FAMILY, HOLD_THESE_TIMERS, HOLD_TIMERS, LET_TIMERS_GO
from .starting import DRAW_IDS, INSERT_INSTANCES
from .writing import BELOW, CLOSE_INCIDENTS, HOLD_TOKEN, WRITES

__all__ = [
    "BELOW",
    "BUFFER_MESSAGES",
    "CLOSE_INCIDENTS",
    "COUNT_PASSES",
    "DRAW_IDS",
    "DUE_TIMERS",
    "FAMILY",
    "FIND_BUFFERED",
    "FIND_BUFFERED_FOR",
    "FORGET_FAN_OUTS",
    "FORGET_PASSES",
    "HAS_LISTENERS",
    "HOLD_THESE_TIMERS",
    "HOLD_TIMERS",
    "HOLD_TOKEN",
    "INSERT_INSTANCES",
    "LET_TIMERS_GO",
    "LISTENERS",
    "LOAD_CHAINS",
    "LOAD_WHOLE",
    "LOCK",
    "LOCK_FREE",
    "LOCK_MESSAGES",
    "LOCK_NAMES",
    "RECORD_PASSES",
    "RESULTS_OF",
    "SIGNAL_LISTENERS",
    "START_LISTENERS",
    "TAKE_FAILED",
    "WRITES",
]
