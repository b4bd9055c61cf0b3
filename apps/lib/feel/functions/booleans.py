"""Boolean functions, and those that ask about any value."""

from apps.lib.feel.comparing import equal
from apps.lib.feel.run import Run
from apps.lib.feel.values import Value, type_name

from .registering import ANY, BOOLEAN, CONTEXT, LIST, STRING, NoValue, Registry, maybe, one

registry = Registry()


@registry.declare("not", one("negand", ANY))
def negation(run: Run, negand: Value) -> bool | None:
    if not isinstance(negand, bool):
        raise NoValue(f"“negand” must be a boolean, not {type_name(negand)}")
    return not negand


@registry.declare("is", maybe("value1"), maybe("value2"))
def is_same(run: Run, value1: Value, value2: Value) -> bool:
    """Tell whether both are the same element of the same type: zones, too, must agree."""
    if type_name(value1) != type_name(value2):
        return False
    if hasattr(value1, "member"):
        return bool(value1 == value2)
    return equal(value1, value2, run) is True


@registry.declare("get or else", one("value"), one("default"))
def get_or_else(run: Run, value: Value, default: Value) -> Value:
    return default if value is None else value


@registry.declare("assert", one("value"), one("condition", BOOLEAN), maybe("cause", STRING))
def assertion(run: Run, value: Value, condition: bool, cause: str | None) -> Value:
    """Return the value when the condition holds; null, and the cause as a warning, if not."""
    if not condition:
        raise NoValue(cause or "the condition does not hold")
    return value


@registry.declare("is defined", one("value"))
def is_defined(run: Run, value: Value) -> bool:
    return value is not None


@registry.declare("is empty", one("list", LIST))
@registry.declare("is empty", one("context", CONTEXT))  # tried first: it would become a list
def is_empty(run: Run, elements: Value) -> bool:
    return not elements
