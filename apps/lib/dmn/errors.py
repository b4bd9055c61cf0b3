"""What stands against a decision model, told all at once."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.lib.errors import FieldProblem, InvalidError, NotFoundError

MAX_PROBLEMS = 200


@dataclass(frozen=True, slots=True)
class DmnProblem:
    """One thing that stands against a model. `element` is the id (or name) of the drawn thing."""

    element: str
    line: int | None
    message: str
    advice: str

    def __str__(self) -> str:
        where = _(" (line %(line)d)") % {"line": self.line} if self.line else ""
        return f"{self.message}{where} {self.advice}".strip()


class DmnError(InvalidError):
    """The model can't be used; `problems` has everything that was found, in the file's order."""

    code = "decision_model_invalid"
    title = "The decision model can't be used"

    def __init__(self, problems: Sequence[DmnProblem]) -> None:
        self.problems = tuple(problems)
        fields = [FieldProblem(each.element, str(each)) for each in self.problems]
        super().__init__(self._summary(), fields=fields)

    def _summary(self) -> str:
        more = len(self.problems) - 1
        first = str(self.problems[0])
        if more < 1:
            return first
        also = ngettext("%(n)d more problem.", "%(n)d more problems.", more) % {"n": more}
        return f"{first} {also}"


class UnknownDecisionError(NotFoundError):
    """The model has no decision or service of that id or name."""

    code = "decision_unknown"


class Problems:
    """Gathers what is found while a model is read; at most MAX_PROBLEMS are kept."""

    def __init__(self) -> None:
        self.found: list[DmnProblem] = []

    def add(self, element: str, line: int | None, message: str, advice: str = "") -> None:
        problem = DmnProblem(element, line, message, advice)
        if len(self.found) < MAX_PROBLEMS and problem not in self.found:
            self.found.append(problem)

    def require_none(self) -> None:
        """Raise DmnError if anything was found."""
        if self.found:
            raise DmnError(sorted(self.found, key=lambda each: each.line or 0))
