"""Results as they count: some system problems are declared to be data problems."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from apps.bots.logs import storable_text
from apps.queues.judging import Judged, data_problems
from apps.queues.models import Attempt

from .values import Result

Outcome = Attempt.Outcome
MAX_CODE: Final = 100
MAX_CLASS: Final = 200
MAX_MESSAGE: Final = 8_000


def as_judged(results: Sequence[Result]) -> Sequence[Result]:
    """Return the results with what is declared a data problem as one."""
    failed = [each for each in results if each.outcome == Outcome.APPLICATION_EXCEPTION]
    wrong = data_problems([_judged(each) for each in failed]) if failed else ()
    if not wrong:
        return results
    return [
        replace(each, outcome=Outcome.BUSINESS_EXCEPTION)
        if each.id in wrong and each.outcome == Outcome.APPLICATION_EXCEPTION
        else each
        for each in results
    ]


def _judged(result: Result) -> Judged:
    """As it would be stored, since groups are made of what is stored."""
    return Judged(
        item_id=result.id,
        code=storable_text(result.code)[:MAX_CODE],
        error_class=storable_text(result.error_class)[:MAX_CLASS],
        message=storable_text(result.message, MAX_MESSAGE),
    )
