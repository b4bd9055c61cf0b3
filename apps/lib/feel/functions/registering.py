"""How a built-in function is declared: its names, its parameters, and what they accept.

A value that is no list becomes a list of one where a list is wanted, and a list of one its element
where none is (DMN 1.5, 10.3.2.9.4). What does not fit makes the result null, with a warning.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from apps.lib.feel import temporal
from apps.lib.feel.run import Run
from apps.lib.feel.values import Function, Range, Value, type_name


class NoValue(Exception):  # noqa: N818 - no error: FEEL's way to give null, with the reason why
    """Raised by the body of a built-in: the result is null; the text says why."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What a parameter accepts. `types` empty: everything, null included."""

    words: str
    types: tuple[type, ...] = ()


ANY = Kind("any value")
STRING = Kind("a string", (str,))
NUMBER = Kind("a number", (Decimal,))
BOOLEAN = Kind("a boolean", (bool,))
LIST = Kind("a list", (list,))
CONTEXT = Kind("a context", (dict,))
FUNCTION = Kind("a function", (Function,))
RANGE = Kind("a range", (Range,))
DATE = Kind("a date", (temporal.FeelDate,))
TIME = Kind("a time", (temporal.FeelTime,))
DATE_TIME = Kind("a date and time", (temporal.FeelDateTime,))
DAY = Kind("a date or a date and time", (temporal.FeelDate, temporal.FeelDateTime))
DAYS_DURATION = Kind("a days and time duration", (temporal.DaysDuration,))
POINT = Kind(
    "a number, string, date, time or duration",
    (
        Decimal,
        str,
        temporal.FeelDate,
        temporal.FeelTime,
        temporal.FeelDateTime,
        temporal.DaysDuration,
        temporal.MonthsDuration,
    ),
)


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter. An optional one that is left out, and a null one, come as None."""

    name: str
    kind: Kind = ANY
    optional: bool = False
    nullable: bool = False


def one(name: str, kind: Kind = ANY) -> Parameter:
    return Parameter(name, kind)


def maybe(name: str, kind: Kind = ANY, *, nullable: bool = False) -> Parameter:
    """Declare a parameter that may be left out."""
    return Parameter(name, kind, optional=True, nullable=nullable)


class Signature:
    """One way to call a function: `body(run, value of each parameter…)`.

    With `rest`, further arguments are accepted, and come to the body as one list.
    """

    __slots__ = ("body", "fewest", "most", "names", "parameters", "rest")

    def __init__(
        self, parameters: Sequence[Parameter], rest: Parameter | None, body: Callable[..., Value]
    ) -> None:
        self.parameters = tuple(parameters)
        self.rest = rest
        self.body = body
        self.names = {each.name for each in parameters} | ({rest.name} if rest else set())
        self.fewest = sum(not each.optional for each in parameters)
        self.most = len(self.parameters) if rest is None else None

    def bind(self, args: Sequence[Value], named: Mapping[str, Value] | None) -> list[Value] | str:
        """Return the values for the body, or a sentence about what does not fit."""
        if named is not None:
            return self._bind_named(named)
        count = len(args)
        if count < self.fewest or (self.most is not None and count > self.most):
            return f"{_counted(count)} given, {self._wanted()} wanted"
        values: list[Value] = []
        for parameter, value in zip(self.parameters, args, strict=False):
            problem = _take(values, parameter, value)
            if problem:
                return problem
        values.extend([None] * (len(self.parameters) - len(values)))
        return self._bind_rest(values, args[len(self.parameters) :])

    def _bind_named(self, named: Mapping[str, Value]) -> list[Value] | str:
        if unknown := [name for name in named if name not in self.names]:
            return f"there is no parameter “{unknown[0]}”"
        values: list[Value] = []
        for parameter in self.parameters:
            if parameter.name in named:
                problem = _take(values, parameter, named[parameter.name])
                if problem:
                    return problem
            elif not parameter.optional:
                return f"the parameter “{parameter.name}” is missing"
            else:
                values.append(None)
        given = self.rest is not None and self.rest.name in named
        return self._bind_rest(values, [named[self.rest.name]] if self.rest and given else [])

    def _bind_rest(self, values: list[Value], args: Sequence[Value]) -> list[Value] | str:
        if self.rest is None:
            return values
        rest: list[Value] = []
        for value in args:
            problem = _take(rest, self.rest, value)
            if problem:
                return problem
        return [*values, rest]

    def _wanted(self) -> str:
        if self.most is None:
            return f"{self.fewest} or more"
        return str(self.most) if self.fewest == self.most else f"{self.fewest} to {self.most}"


class Registry:
    """The functions declared in one module, by name."""

    def __init__(self) -> None:
        self._signatures: dict[str, list[Signature]] = {}

    def declare(
        self, name: str, *parameters: Parameter, rest: Parameter | None = None
    ) -> Callable[[Callable[..., Value]], Callable[..., Value]]:
        """Declare a way to call the function `name`; several for one name are tried in order."""

        def keep(body: Callable[..., Value]) -> Callable[..., Value]:
            signature = Signature(parameters, rest, body)
            self._signatures.setdefault(name, []).append(signature)
            return body

        return keep

    def functions(self) -> dict[str, Function]:
        return {name: _function(name, ways) for name, ways in self._signatures.items()}


def _function(name: str, ways: Sequence[Signature]) -> Function:
    def call(run: Run, args: Sequence[Value], named: Mapping[str, Value] | None = None) -> Value:
        problem = ""
        for way in ways:
            bound = way.bind(args, named)
            if isinstance(bound, str):
                problem = problem or bound
                continue
            try:
                return way.body(run, *bound)
            except NoValue as reason:
                problem = str(reason)
            break
        run.warn(f"`{name}`: {problem}.")
        return None

    parameters = [each.name for each in ways[0].parameters]
    if ways[0].rest:
        parameters.append(ways[0].rest.name)
    return Function(name, parameters, call)


def _take(values: list[Value], parameter: Parameter, value: Value) -> str:
    """Append the value as the parameter wants it, or return what is wrong with it."""
    types = parameter.kind.types
    if not types or type(value) in types or (value is None and parameter.nullable):
        values.append(value)
    elif types == LIST.types and value is not None:
        values.append([value])
    elif type(value) is list and len(value) == 1 and type(value[0]) in types:
        values.append(value[0])
    else:
        return f"“{parameter.name}” must be {parameter.kind.words}, not {type_name(value)}"
    return ""


def _counted(count: int) -> str:
    return "1 argument" if count == 1 else f"{count} arguments"


def whole(number: Decimal, what: str) -> int:
    """Return the number as an int, its fraction cut off; NoValue when that is out of all bounds."""
    if not number.is_finite() or abs(number) >= 10**18:
        raise NoValue(f"{what} is out of bounds")
    return int(number)
