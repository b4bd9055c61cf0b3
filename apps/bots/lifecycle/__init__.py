"""The life of runs, bots, pools and canaries: the only writer of how they stand.

    pending ─claim→ running ─finish→ successful | stopped
       │               │ └──fail──→ faulted        (the automation, or its process, broke)
       │               │ └──lose──→ lost           (its slot died or fell silent)
       │            request_stop / request_kill
       │               ↓
       │            stopping ─────→ the same four ends
       └─request_stop→ stopped

Each move is a guarded update that believes its count. Whoever ends a run that it holds shows the
token that `claim_run` gave out; a late one gets False and must not write. What people do makes an
Event; what machines do is told by `announce` when somebody must hear of it.
"""

from .ending import (
    SILENT_SECONDS,
    fail_run,
    finish_run,
    lose_runs_of_slot,
    reap_lost_runs,
    stop_run,
)
from .fleet import set_standing
from .starting import (
    Orders,
    claim_run,
    create_run,
    find_left,
    record_beat,
    record_progress,
)
from .wishing import request_kill, request_stop

__all__ = [
    "SILENT_SECONDS",
    "Orders",
    "claim_run",
    "create_run",
    "fail_run",
    "find_left",
    "finish_run",
    "lose_runs_of_slot",
    "reap_lost_runs",
    "record_beat",
    "record_progress",
    "request_kill",
    "request_stop",
    "set_standing",
    "stop_run",
]
