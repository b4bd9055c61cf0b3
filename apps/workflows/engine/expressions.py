"""Evaluating what a graph holds: constants and FEEL expressions, seen from a place."""

from collections.abc import Iterable
from typing import Any

from apps.lib.feel import Expression, FeelLimitError, Value, from_json, to_json, type_name
from apps.lib.json import Json, JsonObject
from apps.lib.texts import gettext as _
from apps.workflows.graph import Constant, Given, VariableMapping

from .faults import StepError
from .state import Token
from .step import Step
from .storable import why_not_storable
from .variables import Place, Spot, layers, look_up

NOTHING: JsonObject = {}


def value(step: Step, given: Given | None, place: Place, extra: JsonObject = NOTHING) -> Json:
    """Return what an attribute says as JSON; None if it is absent. Raises StepError."""
    if given is None:
        return None
    if isinstance(given, Constant):
        return given.value
    found = evaluate(step, given, place, extra)
    try:
        made = to_json(found)
    except FeelLimitError as error:  # little that is shared many times is much as JSON
        raise StepError("expression", _told(given, str(error))) from None
    if why := why_not_storable(made):
        raise StepError("expression", _told(given, why))
    return made


def evaluate(
    step: Step, expression: Expression, place: Place, extra: JsonObject = NOTHING
) -> Value:
    """Return the value of an expression; `extra` hides variables. Raises StepError."""
    seen = _seen(step, expression.reads, place, extra)
    try:
        return expression.evaluate(seen, clock=step.at, limits=step.world.limits)
    except FeelLimitError as error:
        raise StepError("expression", _told(expression, str(error))) from None


def is_true(step: Step, expression: Expression, place: Place, extra: JsonObject = NOTHING) -> bool:
    """Tell whether a condition holds. Raises StepError if it is neither true nor false."""
    found = evaluate(step, expression, place, extra)
    if isinstance(found, bool):
        return found
    text = _("it is %(type)s, but must be true or false.") % {"type": type_name(found)}
    raise StepError("expression", _told(expression, _why(step, expression, place, extra, text)))


def text(step: Step, given: Given, place: Place, what: str) -> str:
    """Return a text that must not be empty. Raises StepError naming `what` lacks it."""
    found = optional_text(step, given, place)
    if found:
        return found
    reason = _("%(what)s is empty.") % {"what": what}
    if isinstance(given, Expression):
        reason = _told(given, _why(step, given, place, NOTHING, reason))
    raise StepError("expression", reason)


def optional_text(step: Step, given: Given | None, place: Place) -> str:
    """Return a text; numbers as they are written; "" for null. Raises StepError."""
    found = value(step, given, place)
    if isinstance(given, Expression) and isinstance(found, dict | list):
        kind = _("a list") if isinstance(found, list) else _("a context")
        reason = _("it is %(kind)s, but must be a text.") % {"kind": kind}
        raise StepError("expression", _told(given, reason))
    if found is None:
        return ""
    return found if isinstance(found, str) else _written(found)


def number(step: Step, given: Given | None, place: Place, what: str) -> float | None:
    """Return a number, None if it is absent. Raises StepError for anything else."""
    found = value(step, given, place)
    if isinstance(found, str):
        found = _number_in(found)
    if isinstance(found, bool) or not isinstance(found, int | float | None):
        raise StepError("expression", _("%(what)s is not a number.") % {"what": what})
    return found


def whole(step: Step, given: Given | None, place: Place, what: str) -> int | None:
    found = number(step, given, place, what)
    return None if found is None else int(found)


def texts(step: Step, given: Given | None, place: Place) -> list[str]:
    """Return a list of texts: of a list, or of one text with commas."""
    found = value(step, given, place)
    if isinstance(found, str):
        found = [part.strip() for part in found.split(",")]
    if not isinstance(found, list):
        return []
    return [str(part) for part in found if part not in (None, "")]


def mapped(
    step: Step, mappings: Iterable[VariableMapping], place: Place, extra: JsonObject = NOTHING
) -> JsonObject:
    """Return what inputs or outputs give; later ones see earlier ones. Raises StepError."""
    return _mapped(step, mappings, place, extra, onto=None)


def mapped_onto(
    step: Step, mappings: Iterable[VariableMapping], token: Token, extra: JsonObject
) -> JsonObject:
    """Return the same for outputs: a dotted target adds to the context that is there already."""
    return _mapped(step, mappings, token, extra, onto=Spot(token.scope))


def _mapped(
    step: Step,
    mappings: Iterable[VariableMapping],
    place: Place,
    extra: JsonObject,
    *,
    onto: Place | None,
) -> JsonObject:
    made: JsonObject = {}
    for mapping in mappings:
        seen = {**extra, **made} if made else extra
        found = value(step, mapping.source, place, seen)
        name, *path = mapping.target.split(".")
        if path and name not in made and onto is not None:
            made[name] = look_up(step, onto, name)
        made[name] = _put_at(made.get(name), path, found)
    return made


def _put_at(inner: Json, path: list[str], found: Json) -> Json:
    if not path:
        return found
    around = inner if isinstance(inner, dict) else {}
    return {**around, path[0]: _put_at(around.get(path[0]), path[1:], found)}


def _seen(step: Step, names: Iterable[str], place: Place, extra: JsonObject) -> dict[str, Value]:
    found: dict[str, Value] = {}
    around = [extra, *layers(step, place)] if extra else layers(step, place)
    for name in names:
        for layer in around:
            if name in layer:
                found[name] = _feel_value(step, layer[name])
                break
    return found


def _feel_value(step: Step, json: Any) -> Value:
    """Convert large values once in a step: passes of a loop all read the same ones."""
    if not isinstance(json, dict | list):
        return from_json(json)
    kept = step.feel_values.get(id(json))
    if kept is None:
        # the value itself is kept, too, so that its id is not given to another one
        kept = step.feel_values[id(json)] = (json, from_json(json))
    return kept[1]


def _why(step: Step, expression: Expression, place: Place, extra: JsonObject, reason: str) -> str:
    seen = _seen(step, expression.reads, place, extra)
    try:
        warnings = expression.trace(seen, clock=step.at, limits=step.world.limits).warnings
    except FeelLimitError:
        warnings = []
    return " ".join([reason, *warnings[:1]])


def _told(expression: Expression, reason: str) -> str:
    shown = expression.text if len(expression.text) <= 200 else expression.text[:199] + "…"
    return _("The expression “%(text)s”: %(reason)s") % {"text": shown, "reason": reason}


def _written(found: Json) -> str:
    if isinstance(found, bool):
        return "true" if found else "false"
    return str(found)


def _number_in(written: str) -> Json:
    try:
        return float(written) if "." in written else int(written)
    except ValueError:
        return written
