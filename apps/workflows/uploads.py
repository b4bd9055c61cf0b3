"""What came by upload: which kind of model it is, and what stands against it."""

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from apps.lib.errors import DomainError
from apps.lib.json import JsonObject

LOOKED_AT_BYTES = 4_000
DMN_NAMESPACE = re.compile(rb"<(?:[\w.-]+:)?definitions[^>]*/DMN/", re.IGNORECASE)
DRAWING = b"BPMNDiagram"


@dataclass(frozen=True, slots=True)
class ShownProblem:
    """One thing that stands against a model, as pages and programs are told of it."""

    element: str
    line: int | None
    message: str
    advice: str
    severity: str

    @property
    def as_json(self) -> JsonObject:
        return {
            "element": self.element,
            "line": self.line,
            "message": self.message,
            "advice": self.advice,
            "severity": self.severity,
        }


def is_decision_model(xml: bytes) -> bool:
    """Guess by the first element; what it is in truth, its reader finds out."""
    return DMN_NAMESPACE.search(xml[:LOOKED_AT_BYTES]) is not None


def has_drawing(xml: bytes, problems: list[ShownProblem]) -> bool:
    """Say whether a refused model can be drawn with its problems on it: it was read, for one."""
    return DRAWING in xml and any(problem.element for problem in problems)


def problems_of(error: DomainError) -> list[ShownProblem]:
    """Return each problem that a refused model has; empty for any other error."""
    return [shown_problem(each) for each in getattr(error, "problems", [])]


def shown_problem(problem: Any) -> ShownProblem:
    """Return a Problem of a workflow, or a DmnProblem, or what was stored of one."""
    if isinstance(problem, dict):
        return ShownProblem(
            str(problem.get("element", "")),
            problem.get("line") or None,
            str(problem.get("message", "")),
            str(problem.get("advice", "")),
            str(problem.get("severity", "warning")),
        )
    return ShownProblem(
        problem.element,
        problem.line or None,
        str(problem.message),
        str(getattr(problem, "advice", "")),
        getattr(problem, "severity", "error"),
    )


def marked(problems: list[ShownProblem]) -> dict[str, JsonObject]:
    """Return the problems by element, as the diagram shows them."""
    found: dict[str, list[ShownProblem]] = defaultdict(list)
    for problem in problems:
        if problem.element:
            found[problem.element].append(problem)
    return {
        element: {
            "severity": "error" if any(one.severity == "error" for one in each) else "warning",
            "messages": [one.message for one in each],
        }
        for element, each in found.items()
    }
