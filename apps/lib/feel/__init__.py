"""FEEL, the expression language of DMN 1.5: compiled once, evaluated often, bounded always."""

from .errors import FeelError, FeelLimitError, FeelSyntaxError
from .limits import LIMITS, Limits
from .run import Clock, Run
from .values import Function, Range, Value, type_name

__all__ = [
    "LIMITS",
    "Clock",
    "FeelError",
    "FeelLimitError",
    "FeelSyntaxError",
    "Function",
    "Limits",
    "Range",
    "Run",
    "Value",
    "type_name",
]
