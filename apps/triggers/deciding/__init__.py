"""What becomes of what a trigger saw. Pure: policies and measurements in, plans out."""

from .queues import Backlog, QueueSeen, QueueVerdict, decide_queue
from .states import StateSeen, StateVerdict, decide_state
from .times import (
    MAX_COUNTED,
    MAX_ROWS,
    MISSED_AFTER_SECONDS,
    Plan,
    Seen,
    decide,
    leave_out,
    look,
)

__all__ = [
    "MAX_COUNTED",
    "MAX_ROWS",
    "MISSED_AFTER_SECONDS",
    "Backlog",
    "Plan",
    "QueueSeen",
    "QueueVerdict",
    "Seen",
    "StateSeen",
    "StateVerdict",
    "decide",
    "decide_queue",
    "decide_state",
    "leave_out",
    "look",
]
