"""What an event leads to: `advance(graph, state, event, world) -> Changes`.

Pure: no I/O, no clock, no randomness. The same state and event give the same changes, so a step
may be run twice, tried on paper, or replayed. Nothing here knows the database; `lifecycle` loads a
State, and writes the Changes.
"""

from .advance import advance
from .errors import catches_error
from .faults import StepError, VariablesTooLargeError
from .world import World

__all__ = ["StepError", "VariablesTooLargeError", "World", "advance", "catches_error"]
