"""What stands against a model, told all at once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from apps.lib.errors import FieldProblem, InvalidError
from apps.lib.texts import gettext as _

MAX_PROBLEMS = 300


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that stands against a model, or ("warning") that its author should know.

    `element` is the id of the drawn element, "" where it has none; `line` is 0 where it is unknown.
    """

    element: str
    line: int
    message: str
    advice: str = ""
    severity: Literal["error", "warning"] = "error"

    def __str__(self) -> str:
        where = _(" (line %(line)d)") % {"line": self.line} if self.line else ""
        return f"{self.message}{where} {self.advice}".strip()


class ModelError(InvalidError):
    """The model can't be deployed; `problems` has all that was found, in the file's order."""

    code = "model_invalid"
    title = "The model can't be deployed"

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = list(problems)
        errors = [each for each in self.problems if each.severity == "error"]
        fields = [FieldProblem(each.element, str(each)) for each in errors]
        super().__init__(_summary(errors), fields=fields)


def _summary(errors: list[Problem]) -> str:
    if len(errors) < 2:
        return str(errors[0]) if errors else ""
    return _("%(first)s And %(more)d more.") % {"first": errors[0], "more": len(errors) - 1}


class Findings:
    """Gathers what is found while a model is read; at most MAX_PROBLEMS of either kind are kept."""

    def __init__(self) -> None:
        self._found: dict[Problem, None] = {}

    def add(self, problem: Problem) -> None:
        kept = sum(1 for each in self._found if each.severity == problem.severity)
        if kept < MAX_PROBLEMS:
            self._found[problem] = None

    def extend(self, problems: Iterable[Problem]) -> None:
        for problem in problems:
            self.add(problem)

    @property
    def errors(self) -> list[Problem]:
        return [each for each in self._in_order() if each.severity == "error"]

    @property
    def warnings(self) -> list[Problem]:
        return [each for each in self._in_order() if each.severity == "warning"]

    def require_none(self) -> None:
        """Raise ModelError, with the warnings as well, if there are errors."""
        if self.errors:
            raise ModelError(self._in_order())

    def _in_order(self) -> list[Problem]:
        return sorted(self._found, key=lambda each: each.line)
