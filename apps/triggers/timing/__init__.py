"""When a time trigger is due. Pure: a rule and a calendar's hours go in, times come out."""

from .parsing import parse_rule
from .planned import Mark, Planned, jittered
from .rules import TimeRule

__all__ = ["Mark", "Planned", "TimeRule", "jittered", "parse_rule"]
