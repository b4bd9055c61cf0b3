"""Workflows, their versions, and the rows in which instances stand.

What an instance is made of (`Scope`, `Token`, `Subscription`, `Undoable`) is keyed by instance and
a number that the instance itself deals out, so that a step can name what it makes. These rows are
written by `apps.workflows.lifecycle` alone, set-based, under the lock of the instance's row; they
carry no foreign-key constraints, which would lock and rewrite rows above them at every step.
`manage.py check_instances` proves that they fit together.
"""

from .decisions import Decision, DecisionEvaluation, DecisionVersion
from .definitions import StartSubscription, Workflow, WorkflowVersion
from .happenings import BufferedMessage, Incident, PendingEvent, StepInstance
from .instances import WorkflowInstance
from .rows import FanOut, PassCount, PassResult, Scope, Subscription, Token, Undoable

__all__ = [
    "BufferedMessage",
    "Decision",
    "DecisionEvaluation",
    "DecisionVersion",
    "FanOut",
    "Incident",
    "PassCount",
    "PassResult",
    "PendingEvent",
    "Scope",
    "StartSubscription",
    "StepInstance",
    "Subscription",
    "Token",
    "Undoable",
    "Workflow",
    "WorkflowInstance",
    "WorkflowVersion",
]
