"""FEEL, the expression language of DMN 1.5: compiled once, evaluated often, bounded always."""

from .comparing import compare, equal
from .conversion import from_json, to_json
from .errors import FeelError, FeelLimitError, FeelSyntaxError
from .expression import (
    Evaluation,
    Expression,
    UnaryTests,
    compile_expression,
    compile_unary_tests,
)
from .limits import LIMITS, Limits
from .printing import text_of
from .run import Clock, Run
from .temporal import DaysDuration, FeelDate, FeelDateTime, FeelTime, MonthsDuration
from .values import Function, Range, Value, type_name

__all__ = [
    "LIMITS",
    "Clock",
    "DaysDuration",
    "Evaluation",
    "Expression",
    "FeelDate",
    "FeelDateTime",
    "FeelError",
    "FeelLimitError",
    "FeelSyntaxError",
    "FeelTime",
    "Function",
    "Limits",
    "MonthsDuration",
    "Range",
    "Run",
    "UnaryTests",
    "Value",
    "compare",
    "compile_expression",
    "compile_unary_tests",
    "equal",
    "from_json",
    "text_of",
    "to_json",
    "type_name",
]
