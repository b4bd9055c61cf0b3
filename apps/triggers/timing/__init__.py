"""When a time trigger is due. Pure: a rule, a calendar's hours and a moment go in, times come out."""

from .parsing import parse_rule
from .planned import Mark, Planned, jittered
from .rules import TimeRule

__all__ = ["Mark", "Planned", "TimeRule", "jittered", "parse_rule"]
