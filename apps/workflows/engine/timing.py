"""When timers are due."""

from datetime import datetime

from apps.lib.errors import InvalidError
from apps.lib.feel import Expression
from apps.lib.texts import gettext as _
from apps.lib.timers import TimerSpec, parse_date, parse_duration, timer_of
from apps.workflows.graph import TimerEvent

from .expressions import evaluate
from .faults import StepError
from .state import Subscription
from .step import Step
from .variables import Place


def first_due(step: Step, event: TimerEvent, place: Place) -> tuple[datetime | None, int | None]:
    """Return when a timer that begins now is due, and how often after that (None: for ever).

    Raises StepError "timer".
    """
    try:
        spec = _spec(step, event, place)
        due_at = spec.first(step.at)
    except InvalidError as error:
        raise StepError("timer", error.message) from None
    return due_at, None if spec.repetitions is None else max(spec.repetitions - 1, 0)


def next_due(
    step: Step, event: TimerEvent, row: Subscription, place: Place
) -> tuple[datetime | None, int | None]:
    """Return when a timer that was due is due again, and how often after that.

    What the timer says is evaluated again, so that it follows its variables. Times that were
    missed are made up for by one. Raises StepError "timer".
    """
    assert row.due_at is not None
    if row.repeats == 0:
        return None, 0
    try:
        spec = _spec(step, event, place)
        left = 0 if row.repeats is None else row.repeats
        count = (spec.repetitions or 0) - left
        due_at = spec.next(row.due_at, count)
        if due_at is not None and due_at <= step.at:
            due_at = spec.next(step.at, count)
    except InvalidError as error:
        raise StepError("timer", error.message) from None
    return due_at, None if row.repeats is None else left - 1


def moment(step: Step, written: str, what: str) -> datetime:
    """Return a date, or the moment a duration from now. Raises StepError naming `what`."""
    try:
        if written.startswith("P"):
            return parse_duration(written).after(step.at, zone=step.world.zone)
        return parse_date(written, zone=step.world.zone)
    except InvalidError as error:
        text = _("%(what)s: %(why)s") % {"what": what, "why": error.message}
        raise StepError("timer", text) from None


def _spec(step: Step, event: TimerEvent, place: Place) -> TimerSpec:
    given = event.value
    said = evaluate(step, given, place) if isinstance(given, Expression) else given.value
    return timer_of(event.how, said, zone=step.world.zone)
