"""A decision model as it is written: frozen, and nothing of it resolved or compiled yet."""

from dataclasses import dataclass, field
from typing import TypeAlias

HIT_POLICIES = (
    "UNIQUE",
    "FIRST",
    "PRIORITY",
    "ANY",
    "COLLECT",
    "RULE ORDER",
    "OUTPUT ORDER",
)
AGGREGATIONS = ("SUM", "COUNT", "MIN", "MAX")


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands: the drawn element by id and name, the way into it, and the line."""

    element: str
    title: str
    way: str
    line: int | None

    def inside(self, step: str, line: int | None = None) -> "Place":
        return Place(self.element, self.title, f"{self.way}, {step}", line or self.line)

    def at(self, line: int | None) -> "Place":
        return Place(self.element, self.title, self.way, line)


@dataclass(frozen=True, slots=True)
class Text:
    """A FEEL text as written; its place has the line where it begins."""

    text: str
    place: Place


@dataclass(frozen=True, slots=True)
class Named:
    """A name with the name of its type: an information item, a parameter, a column."""

    name: str
    type_ref: str | None = None


@dataclass(frozen=True, slots=True)
class Literal:
    text: Text
    type_ref: str | None
    place: Place


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a context; without a name it is the context's result."""

    named: Named | None
    value: "Boxed"


@dataclass(frozen=True, slots=True)
class Context:
    entries: tuple[Entry, ...]
    type_ref: str | None
    place: Place


@dataclass(frozen=True, slots=True)
class ListBox:
    items: tuple["Boxed", ...]
    type_ref: str | None
    place: Place


@dataclass(frozen=True, slots=True)
class Relation:
    columns: tuple[Named, ...]
    rows: tuple[tuple["Boxed", ...], ...]
    type_ref: str | None
    place: Place


@dataclass(frozen=True, slots=True)
class FunctionBox:
    """`kind` is FEEL, Java or PMML; only FEEL is ever called."""

    kind: str
    parameters: tuple[Named, ...]
    body: "Boxed | None"
    type_ref: str | None
    place: Place


@dataclass(frozen=True, slots=True)
class Invocation:
    called: "Boxed"
    bindings: tuple[tuple[str, "Boxed | None"], ...]
    type_ref: str | None
    place: Place


@dataclass(frozen=True, slots=True)
class Conditional:
    condition: "Boxed"
    then: "Boxed"
    otherwise: "Boxed"
    type_ref: str | None
    place: Place


@dataclass(frozen=True, slots=True)
class Filter:
    source: "Boxed"
    match: "Boxed"
    type_ref: str | None
    place: Place


@dataclass(frozen=True, slots=True)
class Iteration:
    """`kind` is for, some or every."""

    kind: str
    variable: str
    source: "Boxed"
    body: "Boxed"
    type_ref: str | None
    place: Place


@dataclass(frozen=True, slots=True)
class InputClause:
    id: str
    label: str
    expression: Text
    type_ref: str | None
    values: Text | None


@dataclass(frozen=True, slots=True)
class OutputClause:
    id: str
    name: str
    label: str
    type_ref: str | None
    values: Text | None
    default: Text | None


@dataclass(frozen=True, slots=True)
class Rule:
    id: str
    inputs: tuple[Text, ...]
    outputs: tuple[Text, ...]
    annotations: tuple[tuple[str, str], ...]
    place: Place


@dataclass(frozen=True, slots=True)
class DecisionTable:
    id: str
    hit_policy: str
    aggregation: str | None
    inputs: tuple[InputClause, ...]
    outputs: tuple[OutputClause, ...]
    rules: tuple[Rule, ...]
    type_ref: str | None
    place: Place


Boxed: TypeAlias = (
    Literal
    | Context
    | ListBox
    | Relation
    | FunctionBox
    | Invocation
    | Conditional
    | Filter
    | Iteration
    | DecisionTable
)


@dataclass(frozen=True, slots=True)
class Requirement:
    """A reference `href` to an element; `kind` is decision, input or knowledge."""

    kind: str
    namespace: str
    id: str
    line: int | None


@dataclass(frozen=True, slots=True)
class InputData:
    id: str
    name: str
    type_ref: str | None
    place: Place


@dataclass(frozen=True, slots=True)
class Decision:
    """`variables` are the names that others know its value by, the proper one first."""

    id: str
    name: str
    variables: tuple[str, ...]
    type_ref: str | None
    requirements: tuple[Requirement, ...]
    logic: Boxed | None
    question: str
    place: Place


@dataclass(frozen=True, slots=True)
class Knowledge:
    """A business knowledge model."""

    id: str
    name: str
    type_ref: str | None
    requirements: tuple[Requirement, ...]
    function: FunctionBox | None
    place: Place


@dataclass(frozen=True, slots=True)
class Service:
    """A decision service: its parameters are its input data, then its input decisions."""

    id: str
    name: str
    type_ref: str | None
    output_decisions: tuple[Requirement, ...]
    encapsulated_decisions: tuple[Requirement, ...]
    input_decisions: tuple[Requirement, ...]
    input_data: tuple[Requirement, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class ItemDefinition:
    """A type by name; exactly one of `type_ref`, `components` and `function` says what it is."""

    name: str
    type_ref: str | None
    is_collection: bool
    components: tuple["ItemDefinition", ...]
    function: "FunctionItem | None"
    allowed_values: Text | None
    constraint: Text | None
    place: Place


@dataclass(frozen=True, slots=True)
class FunctionItem:
    parameters: tuple[Named, ...]
    result: str | None


@dataclass(frozen=True, slots=True)
class Import:
    namespace: str
    name: str
    place: Place


@dataclass(frozen=True, slots=True)
class Definitions:
    """The whole file."""

    id: str
    name: str
    namespace: str
    imports: tuple[Import, ...] = ()
    items: tuple[ItemDefinition, ...] = ()
    inputs: tuple[InputData, ...] = ()
    decisions: tuple[Decision, ...] = ()
    knowledge: tuple[Knowledge, ...] = ()
    services: tuple[Service, ...] = field(default=())
