"""Measures what triggers without times go by: one statement for all of a kind. Writes nothing."""

from .arrivals import Arrival, n_arrived
from .backlogs import TOLD_UP_TO, backlogs_of
from .facts import Measured, measure
from .watched import Watch, Watched

__all__ = [
    "TOLD_UP_TO",
    "Arrival",
    "Measured",
    "Watch",
    "Watched",
    "backlogs_of",
    "measure",
    "n_arrived",
]
