"""Every change of models, calls, prompts and agents goes through here."""

from .agents import save_profile
from .calls import Ending, Purpose, begin_call, cost_of, end_call, give_up_lost_calls
from .endpoints import (
    find_endpoint,
    record_try,
    remove_budget,
    resume_endpoint,
    save_budget,
    save_endpoint,
    stop_endpoint,
    values_of,
)
from .prompts import save_prompt

__all__ = [
    "Ending",
    "Purpose",
    "begin_call",
    "cost_of",
    "end_call",
    "find_endpoint",
    "give_up_lost_calls",
    "record_try",
    "remove_budget",
    "resume_endpoint",
    "save_budget",
    "save_endpoint",
    "save_profile",
    "save_prompt",
    "stop_endpoint",
    "values_of",
]
