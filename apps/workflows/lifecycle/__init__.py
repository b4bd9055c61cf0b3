"""Everything that changes workflows and their instances. Nothing else writes their rows.

            start ──► running ──the last token ends──► completed
                       │  ▲ ├──an error that nobody catches──► failed
                 pause ▼  │ └──cancel──► cancelled
                       paused (what happens meanwhile is kept) ──cancel──► cancelled

A step is one transaction (see `stepping`): things happen to instances, `engine.advance` says what
that leads to, and all of it is written at once. Whatever happens comes from the outbox or from a
person's call; both may be repeated without harm.
"""

from .correlating import correlate, correlate_kept, sweep_messages
from .decisions import DeployedDecisions, deploy_decision, evaluate_decision
from .deploying import Deployed, deploy
from .happenings import KIND as HAPPENED
from .happenings import Happening, heard
from .hearing import items_ended, task_decided
from .messages import LISTENING, PUBLISHED, NobodyListensError, Published, publish_message
from .passes import COUNTED, finish_fan_outs
from .people import (
    cancel_instance,
    let_clocks_stand,
    pause_instance,
    resume_instance,
    set_variables,
)
from .repairing import repair
from .signals import SIGNALLED, STARTS, broadcast_signal, signals_heard
from .starting import (
    Starting,
    start_by_conditions,
    start_by_event,
    start_instance,
    start_instances,
)
from .stepping import let_happen, step
from .timers import fire_due_timers

__all__ = [
    "COUNTED",
    "HAPPENED",
    "LISTENING",
    "PUBLISHED",
    "SIGNALLED",
    "STARTS",
    "Deployed",
    "DeployedDecisions",
    "Happening",
    "NobodyListensError",
    "Published",
    "Starting",
    "broadcast_signal",
    "cancel_instance",
    "correlate",
    "correlate_kept",
    "deploy",
    "deploy_decision",
    "evaluate_decision",
    "finish_fan_outs",
    "fire_due_timers",
    "heard",
    "items_ended",
    "let_happen",
    "let_clocks_stand",
    "pause_instance",
    "publish_message",
    "repair",
    "resume_instance",
    "set_variables",
    "signals_heard",
    "start_by_conditions",
    "start_by_event",
    "start_instance",
    "start_instances",
    "step",
    "sweep_messages",
    "task_decided",
]
