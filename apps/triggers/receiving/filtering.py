"""Which events start something: a FEEL expression over `event`."""

from typing import Final

from django.utils.translation import gettext as _

from apps.lib.errors import FieldProblem
from apps.lib.feel import FeelError, FeelSyntaxError, Limits, compile_expression, from_json
from apps.lib.json import Json, JsonObject

from .refusals import RefusedError

MAX_FILTER: Final = 2_000
# A sender waits for the answer
LIMITS: Final = Limits(steps=20_000, seconds=0.3, size=2_000_000)


def filter_problem(said: Json) -> FieldProblem | None:
    """Return what is wrong with a filter as people write it; None: nothing."""
    if not isinstance(said, str) or len(said) > MAX_FILTER:
        return FieldProblem(
            "filter", _("must be text of up to %(n)d characters") % {"n": MAX_FILTER}
        )
    if not said.strip():
        return None
    try:
        compiled = compile_expression(said)
    except FeelSyntaxError as error:
        return FieldProblem("filter", str(error)[:300])
    if "event" not in compiled.reads:
        return FieldProblem("filter", _("must look at “event”, as in event.body.total > 100"))
    return None


def insist_on_filter(rule: JsonObject, event: JsonObject) -> None:
    """Raise RefusedError unless the filter of the rule is true for the event; null is not true."""
    said = str(rule.get("filter") or "").strip()
    if not said:
        return
    try:
        found = compile_expression(said).evaluate({"event": from_json(event)}, limits=LIMITS)
    except FeelError as error:
        words = {"why": str(error)[:200]}
        message = _("The filter could not be worked out: %(why)s") % words
        raise RefusedError("filter_failed", message, status=202) from None
    if found is not True:
        raise RefusedError("filtered", _("The filter does not let it pass."), status=202)
