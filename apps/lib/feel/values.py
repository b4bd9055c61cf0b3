"""What FEEL computes with, as Python objects.

null is None; boolean is bool; number is Decimal (never float, and a bool is no number); string is
str; list is list; context is dict with str keys. date, time, date and time and the two durations
are in `temporal`; Range and Function are here. Values are never changed in place once made.

**How a built-in is called.** `apps.lib.feel.functions.BUILTINS` is a Mapping[str, Function] from
the name ("string length") to the Function. Whoever calls a function, built-in or the author's own,
uses `function.call(run, args, named)`:

- `run` (see `run.Run`) is this evaluation: `run.warn("sentence")` says why a result is null,
  `run.spend(n)` counts iterations (call it for each element walked, or once with the length),
  `run.produce(n)` counts elements or characters *before* they are made, `run.clock` is the aware
  datetime that now() and today() tell. Only spend and produce raise (FeelLimitError).
- `args` is the sequence of positional arguments, already evaluated; `named` is None, or a mapping
  from parameter name to value, and then `args` is empty. Wrong names or counts: warn, give None.
- Higher-order functions call `function.call(run, [a, b])` on the Function they were given.

**What temporal values offer** (the evaluator knows no more of them):

- a class attribute `feel_type`: "date", "time", "date and time", "days and time duration" or
  "years and months duration";
- Python's operators: `+ - * / unary-` between them and with Decimal give a value or None, or
  NotImplemented (then the evaluator gives null and warns); OverflowError is null, too;
- `equal_to(other) -> bool | None` and `compare_to(other) -> int | None` (negative, 0, positive;
  None where FEEL says null), called only with another temporal value;
- `member(name) -> Value` for `.year`, `.time offset`, `.weekday`…; raises KeyError if there is no
  such member;
- `str(value)` is what FEEL's string() gives.
- `temporal.parse_literal(text) -> Value` reads the text of an @"…" literal; None if it is none.

FEEL's string() of any value is `printing.text_of(value)`; equality and order are
`comparing.equal` and `comparing.compare`.
"""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, TypeAlias

from .run import Run

Value: TypeAlias = Any  # one of the objects named above; FEEL itself has no static types

Call: TypeAlias = Callable[[Run, Sequence[Value], Mapping[str, Value] | None], Value]


class Range:
    """An interval. None as `start` or `end` leaves that side open (and never included).

    `operator` is that of the comparison which the range was written as: (< 5) has an end only and
    holds 3, (= 5) has 5 as both ends, (!= 5) holds all but them. Without an operator, as in
    (null..5), what FEEL says of an open side is null.
    """

    __slots__ = ("end", "end_included", "operator", "start", "start_included")
    feel_type = "range"

    def __init__(
        self,
        start: Value,
        end: Value,
        start_included: bool = True,
        end_included: bool = True,
        operator: str = "",
    ) -> None:
        self.operator = operator
        self.start = start
        self.end = end
        self.start_included = start_included and start is not None
        self.end_included = end_included and end is not None

    @classmethod
    def compared(cls, operator: str, operand: Value) -> "Range":
        """Return the range that a comparison with `operand` means."""
        start = operand if operator in (">", ">=", "=", "!=") else None
        end = operand if operator in ("<", "<=", "=", "!=") else None
        included = operator not in ("<", ">")
        return cls(start, end, included, included, operator)

    def __repr__(self) -> str:
        opening, closing = "[" if self.start_included else "(", "]" if self.end_included else ")"
        return f"Range{opening}{self.start!r}..{self.end!r}{closing}"


class Function:
    """Something that can be called with `call(run, args, named)`; see the module's text.

    `types` are the declared types of the parameters and `result` that of the result, where known
    (`apps.lib.feel.types.Type`); they matter to `instance of function<…>` only.
    """

    __slots__ = ("call", "name", "parameters", "result", "types")
    feel_type = "function"

    def __init__(
        self,
        name: str,
        parameters: Sequence[str],
        call: Call,
        *,
        types: Sequence[Any] = (),
        result: Any = None,
    ) -> None:
        self.name = name
        self.parameters = tuple(parameters)
        self.call = call
        self.types = tuple(types)
        self.result = result

    def __repr__(self) -> str:
        return f"Function({self.name!r}, {self.parameters!r})"


_NAMES: dict[type, str] = {
    type(None): "null",
    bool: "boolean",
    Decimal: "number",
    str: "string",
    list: "list",
    dict: "context",
}


def type_name(value: Value) -> str:
    """Return FEEL's name for the type of `value`, as in "number" or "date and time"."""
    name = _NAMES.get(type(value)) or getattr(value, "feel_type", None)
    return name if isinstance(name, str) else "unknown"
