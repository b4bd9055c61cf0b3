"""FEEL's string(): every value as text that people, and mostly FEEL itself, can read."""

import re
from decimal import Decimal

from .limits import MAX_NESTING
from .run import Run
from .values import Function, Range, Value

LONGEST_PLAIN = 60  # digits of a number that is written without an exponent

# of the names that may stand without quotation marks, those of Latin letters
_PLAIN_NAME = re.compile(r"[A-Za-z_À-ÖØ-öø-ʯ][A-Za-z_À-ÖØ-öø-ʯ0-9]*(?: [A-Za-z_À-ÖØ-öø-ʯ0-9]+)*")


def text_of(value: Value, run: Run | None = None) -> str:
    """Return `value` as string() gives it; inside lists and contexts, strings are quoted.

    What is produced counts against `run`, or a whole run of its own; beyond its limits it raises
    FeelLimitError.
    """
    return value if isinstance(value, str) else _written(value, run or Run(), 0)


def number_text(value: Decimal) -> str:
    """Return the number without an exponent unless that takes more than 60 digits."""
    if not value:
        return "0"
    _, digits, exponent = value.as_tuple()
    if isinstance(exponent, int) and -LONGEST_PLAIN < exponent < LONGEST_PLAIN - len(digits):
        return f"{value:f}"
    return str(value)


def _written(value: Value, run: Run, depth: int) -> str:
    if depth > MAX_NESTING:
        return "…"
    text = _written_whole(value, run, depth)
    run.produce(len(text))
    return text


def _written_whole(value: Value, run: Run, depth: int) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return number_text(value)
    if isinstance(value, str):
        return _quoted(value)
    return _written_compound(value, run, depth + 1)


def _written_compound(value: Value, run: Run, depth: int) -> str:
    if isinstance(value, list):
        return f"[{', '.join(_written(element, run, depth) for element in value)}]"
    if isinstance(value, dict):
        entries = (f"{_key(name)}: {_written(inner, run, depth)}" for name, inner in value.items())
        return "{" + ", ".join(entries) + "}"
    if isinstance(value, Range):
        return _range_text(value, run, depth)
    if isinstance(value, Function):
        return f"function({', '.join(value.parameters)})"
    # dates, times and durations
    return str(value)


def _range_text(value: Range, run: Run, depth: int) -> str:
    if value.operator:
        end = value.end if value.start is None else value.start
        return f"({value.operator} {_end(end, run, depth)})"
    opening, closing = "[" if value.start_included else "(", "]" if value.end_included else ")"
    return f"{opening}{_end(value.start, run, depth)}..{_end(value.end, run, depth)}{closing}"


def _end(value: Value, run: Run, depth: int) -> str:
    text = _written(value, run, depth)
    return f'@"{text}"' if hasattr(value, "compare_to") else text


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _key(name: str) -> str:
    return name if _PLAIN_NAME.fullmatch(name) else _quoted(name)
