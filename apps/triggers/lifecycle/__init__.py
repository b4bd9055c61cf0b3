"""The life of a trigger: the only writer of triggers, their versions and firings.

save ─► enabled ─pause─► paused ─resume, its end─► enabled
           │ └─too many failures─► auto_disabled ─resume─► enabled
           └─no time is left─► ended ─save with new times─► enabled

a time that has come ─► fired | failed | skipped | missed
                    └─► waiting ─the one before is over─► fired | failed
                              └─a newer one takes its place─► skipped
"""

from .by_hand import DryRun, dry_run, fire_now
from .causing import cause_of
from .entering import fire_for
from .firing import fire_due, start_waiting
from .looking import look_at_states
from .reconciling import look_at_queues
from .saving import (
    Saved,
    compare_trigger,
    remove_trigger,
    replan,
    roll_back,
    save_trigger,
)
from .standing import (
    pause_folder,
    pause_of,
    pause_trigger,
    resume_folder,
    resume_trigger,
)

__all__ = [
    "DryRun",
    "Saved",
    "cause_of",
    "compare_trigger",
    "dry_run",
    "fire_due",
    "fire_for",
    "fire_now",
    "look_at_queues",
    "look_at_states",
    "pause_folder",
    "pause_of",
    "pause_trigger",
    "remove_trigger",
    "replan",
    "resume_folder",
    "resume_trigger",
    "roll_back",
    "save_trigger",
    "start_waiting",
]
