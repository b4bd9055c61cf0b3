"""The tree of an expression. Nodes are frozen: one tree serves every thread that evaluates it."""

from dataclasses import dataclass, field
from typing import TypeAlias

from apps.lib.feel.types import Type
from apps.lib.feel.values import Value


@dataclass(frozen=True, slots=True)
class Literal:
    value: Value


@dataclass(frozen=True, slots=True)
class Name:
    name: str


@dataclass(frozen=True, slots=True)
class ListOf:
    items: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Context:
    entries: tuple[tuple[str, "Node"], ...]


@dataclass(frozen=True, slots=True)
class Interval:
    """A range literal, as in (1..5]."""

    start: "Node"
    end: "Node"
    start_included: bool
    end_included: bool


@dataclass(frozen=True, slots=True)
class TestRange:
    """A comparison as a range: (< 5)."""

    operator: str
    operand: "Node"


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str
    type: Type | None = None


@dataclass(frozen=True, slots=True)
class Lambda:
    """A function definition. `body` None: an external one, which gives null."""

    parameters: tuple[Parameter, ...]
    body: "Node | None"


@dataclass(frozen=True, slots=True)
class Negate:
    operand: "Node"


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """`first` and then, from left to right, each operator with its operand."""

    first: "Node"
    rest: tuple[tuple[str, "Node"], ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    operator: str  # = != < <= > >=
    left: "Node"
    right: "Node"


@dataclass(frozen=True, slots=True)
class Between:
    operand: "Node"
    low: "Node"
    high: "Node"


@dataclass(frozen=True, slots=True)
class And:
    operands: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Or:
    operands: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class InstanceOf:
    operand: "Node"
    type: Type


@dataclass(frozen=True, slots=True)
class If:
    condition: "Node"
    then: "Node"
    otherwise: "Node"


@dataclass(frozen=True, slots=True)
class Iterator:
    """`name in start` over a list or range, or `name in start..end` when `end` is given."""

    name: str
    start: "Node"
    end: "Node | None" = None


@dataclass(frozen=True, slots=True)
class For:
    iterators: tuple[Iterator, ...]
    body: "Node"


@dataclass(frozen=True, slots=True)
class Quantified:
    is_every: bool
    iterators: tuple[Iterator, ...]
    condition: "Node"


@dataclass(frozen=True, slots=True)
class Path:
    source: "Node"
    name: str


@dataclass(frozen=True, slots=True)
class Filter:
    source: "Node"
    condition: "Node"


@dataclass(frozen=True, slots=True)
class Call:
    """A call with either positional or named arguments, never both."""

    function: "Node"
    arguments: tuple["Node", ...] = ()
    named: tuple[tuple[str, "Node"], ...] = field(default=())


@dataclass(frozen=True, slots=True)
class In:
    operand: "Node"
    tests: "Tests"


@dataclass(frozen=True, slots=True)
class CompareTest:
    """`< 5`: compares the tested value; `asks`: its operand names that value `?`."""

    operator: str
    operand: "Node"
    asks: bool


@dataclass(frozen=True, slots=True)
class ValueTest:
    """Any expression as a test; `asks`: it names the tested value `?` and so answers by itself."""

    operand: "Node"
    asks: bool


@dataclass(frozen=True, slots=True)
class Tests:
    """Holds when any of `tests` does (or none of them, when negated); without tests: always."""

    tests: tuple["CompareTest | ValueTest", ...]
    negated: bool = False


Node: TypeAlias = (
    "Literal | Name | ListOf | Context | Interval | TestRange | Lambda | Negate | Arithmetic"
    " | Comparison | Between | And | Or | InstanceOf | If | For | Quantified | Path | Filter | Call"
    " | In | CompareTest | ValueTest | Tests"
)
