"""Every change of models, calls, prompts and agents goes through here."""

from .calls import Ending, Purpose, begin_call, cost_of, end_call, give_up_lost_calls
from .endpoints import find_endpoint, resume_endpoint, save_endpoint, stop_endpoint, values_of

__all__ = [
    "Ending",
    "Purpose",
    "begin_call",
    "cost_of",
    "end_call",
    "find_endpoint",
    "give_up_lost_calls",
    "resume_endpoint",
    "save_endpoint",
    "stop_endpoint",
    "values_of",
]
