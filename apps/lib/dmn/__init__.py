"""DMN 1.1 to 1.5 on top of FEEL: decision models read, checked, evaluated and explained.

`read_dmn` compiles a model once and tells every problem of it; `evaluate` answers with the value,
the rules that matched, and what they saw.
"""

from .errors import DmnError, DmnProblem, UnknownDecisionError
from .models import DecisionModel, evaluate, read_dmn
from .results import DecisionResult, InputSeen, RuleMatch

__all__ = [
    "DecisionModel",
    "DecisionResult",
    "DmnError",
    "DmnProblem",
    "InputSeen",
    "RuleMatch",
    "UnknownDecisionError",
    "evaluate",
    "read_dmn",
]
