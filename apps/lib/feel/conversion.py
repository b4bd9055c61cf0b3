"""Between FEEL's values and JSON."""

from decimal import Decimal

from apps.lib.json import Json

from .arithmetic import number_of
from .printing import text_of
from .run import Run
from .values import Value

LARGEST_INTEGER = 2**63 - 1  # of what our JSON takes as an integer


def from_json(value: Json) -> Value:
    """Return JSON as a FEEL value, deeply. A string stays one, even if it looks like a date.

    Numbers keep 34 digits; one too large for FEEL becomes null. Takes FEEL values, too.
    """
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return number_of(value)
    if isinstance(value, list):
        return [from_json(element) for element in value]
    if isinstance(value, dict):
        return {name: from_json(inner) for name, inner in value.items()}
    return value


def to_json(value: Value, run: Run | None = None) -> Json:
    """Return the value as JSON, deeply.

    An integral number of 64 bits becomes an integer, any other a float (or its text, when beyond
    all floats); dates, times, durations, ranges and functions become what string() gives. Raises
    FeelLimitError when that makes more elements than `run`, or one run, may.
    """
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, Decimal):
        return _json_number(value)
    if isinstance(value, list | dict):
        return _json_compound(value, run or Run())
    return text_of(value)


def _json_compound(value: list[Value] | dict[str, Value], run: Run) -> Json:
    run.produce(len(value) + 1)
    if isinstance(value, list):
        return [to_json(element, run) for element in value]
    return {name: to_json(inner, run) for name, inner in value.items()}


def _json_number(value: Decimal) -> int | float | str:
    # the exponent first: a huge one must not be spelled out
    if value.adjusted() < 19 and value == value.to_integral_value():
        whole = int(value)
        return whole if abs(whole) <= LARGEST_INTEGER else float(value)
    if value.adjusted() > 307:
        return str(value)
    return float(value)
