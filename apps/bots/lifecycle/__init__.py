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

from .canaries import (
    begin_canary,
    draw_version,
    functions_to_try,
    judge_canaries,
    promote_canary,
    stop_canary,
)
from .ending import (
    SILENT_SECONDS,
    fail_run,
    finish_run,
    lose_runs_of_slot,
    reap_lost_runs,
    stop_run,
)
from .fleet import (
    end_maintenance,
    follow_the_clock,
    plan_maintenance,
    set_standing,
    stop_runs_of_stopped_folders,
)
from .pools import bounded, publish_wanted_slots
from .saving import save_automation, save_bot, save_pool
from .starting import (
    Orders,
    claim_run,
    create_run,
    find_left,
    record_beat,
    record_progress,
)
from .tallying import tallies_of
from .wishing import request_kill, request_stop

__all__ = [
    "SILENT_SECONDS",
    "Orders",
    "begin_canary",
    "bounded",
    "claim_run",
    "create_run",
    "draw_version",
    "end_maintenance",
    "fail_run",
    "find_left",
    "finish_run",
    "follow_the_clock",
    "functions_to_try",
    "judge_canaries",
    "lose_runs_of_slot",
    "plan_maintenance",
    "promote_canary",
    "publish_wanted_slots",
    "reap_lost_runs",
    "record_beat",
    "record_progress",
    "request_kill",
    "request_stop",
    "save_automation",
    "save_bot",
    "save_pool",
    "set_standing",
    "stop_canary",
    "stop_run",
    "stop_runs_of_stopped_folders",
    "tallies_of",
]
