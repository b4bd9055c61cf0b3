"""Results as bots send them: what is wrong with one is said before any of them takes effect."""

from collections.abc import Iterator, Sequence

from django.utils.translation import gettext as _

from apps.lib.errors import FieldProblem, InvalidError
from apps.queues.engine import parse_readings
from apps.queues.lifecycle import Result
from apps.queues.models import Attempt
from apps.queues.questions import parse_question

from .schemas import ResultIn

ASKED, SUCCESSFUL = str(Attempt.Outcome.ASKED), str(Attempt.Outcome.SUCCESSFUL)
MAX_PROBLEMS = 100


def results_of(given: Sequence[ResultIn]) -> list[Result]:
    """Return the results; raises InvalidError that names each wrong field by its place."""
    problems = [
        problem
        for index, each in enumerate(given)
        if each.outcome == ASKED or each.predictions is not None or each.question
        for problem in _problems(each, f"results.{index}")
    ]
    if problems:
        first = problems[0]
        raise InvalidError(f"{first.path}: {first.message}.", fields=problems[:MAX_PROBLEMS])
    return [_result(each) for each in given]


def _problems(given: ResultIn, at: str) -> Iterator[FieldProblem]:
    if given.predictions is not None and given.outcome != SUCCESSFUL:
        message = _("belong to a result that went well")
        yield FieldProblem(f"{at}.predictions", message)
    elif given.predictions is not None:
        try:
            parse_readings(given.predictions, f"{at}.predictions")
        except InvalidError as error:
            yield from error.fields
    if given.outcome == ASKED:
        try:
            parse_question(given.question, f"{at}.question")
        except InvalidError as error:
            yield from error.fields
    elif given.question is not None:
        yield FieldProblem(f"{at}.question", _("belongs to the outcome asked"))


def _result(given: ResultIn) -> Result:
    is_question = given.outcome == ASKED
    question = given.question if is_question else None
    return Result(
        given.id,
        given.lease,
        Attempt.Outcome(given.outcome),
        output=given.output,
        code=str(question["key"]) if question else given.code,
        message=str(question["title"]) if question else given.message,
        available_at=given.available_at,
        predictions=given.predictions,
        question=question,
    )
