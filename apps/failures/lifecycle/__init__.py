"""Every way a failure group moves. Nothing else writes one.

                 ┌── assign ──► assigned ──┐
    new | back ──┤                         ├── resolve ──► resolved ──happens again──► back
                 └── mute ────► muted ─────┘
                                  └── its time is over, unmute ──► assigned | new

    retry: trying ──the one went well──► rest ──all went well──► cleared (the group is resolved)
              └──it failed again──► stopped └──some failed again──► left ; a person: cancelled

`noting` and `grouping` bring failures in, `people` is what people do, `retrying` has one item tried
before the rest, `ruling` declares a cause to be a data problem.
"""

from .grouping import group_some
from .noting import note_incidents_of, note_runs, note_tries
from .people import (
    assign_group,
    mute_group,
    reopen_group,
    resolve_group,
    set_runbook,
    unmute_group,
    wake_muted,
)
from .retrying import cancel_retry, follow_retries, retry_group
from .ruling import treat_as_business, treat_as_reported

__all__ = [
    "assign_group",
    "cancel_retry",
    "follow_retries",
    "group_some",
    "mute_group",
    "note_incidents_of",
    "note_runs",
    "note_tries",
    "reopen_group",
    "resolve_group",
    "retry_group",
    "set_runbook",
    "treat_as_business",
    "treat_as_reported",
    "unmute_group",
    "wake_muted",
]
