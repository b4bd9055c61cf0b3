"""The active rules of one sort of tasks as a decision table: DMN, pure.

The hit policy is FIRST, older rules come before younger ones. A row's `rule` names the rule that
it is. The table reads `kind` (of task), `values` (plain values of the task) and `numbers` (those
of them that ranges ask for, as numbers).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from apps.lib.json import Json, JsonObject

from .patterns import Condition, Operator, Scalar, as_number

NAMESPACE = "https://www.omg.org/spec/DMN/20191111/MODEL/"
OWN = "https://controlroom.dev/learnt"
# names that FEEL reads as one, wherever they stand
_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_RESERVED = frozenset(
    {"and", "or", "not", "in", "if", "then", "else", "for", "return", "some", "every"}
    | {"satisfies", "between", "instance", "of", "null", "true", "false", "function", "external"}
    | {"item", "partial", "date", "time", "duration"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRow:
    """One rule: `id` is that of the row, `why` stands beside it."""

    id: str
    conditions: Sequence[Condition]
    decision: str
    corrections: Mapping[str, Json]
    why: str = ""


@dataclass(frozen=True, slots=True)
class _Column:
    path: str
    do: Operator

    @property
    def expression(self) -> str:
        return _reach("numbers" if self.do == "range" else "values", self.path)


def table_xml(  # noqa: PLR0913 each is a part of the file
    key: str,
    *,
    title: str,
    kind: str,
    rows: Sequence[TableRow],
    labels: Mapping[str, str],
    revision: int,
) -> bytes:
    """Return the table as DMN 1.3. `labels`: titles of fields, by path.

    `revision` makes each state of the table another version, also when rules come back that were
    paused.
    """
    columns = _columns(rows)
    parts = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f"<definitions xmlns={quoteattr(NAMESPACE)} id={quoteattr(f'{key}_model')} "
        f"name={quoteattr(title)} namespace={quoteattr(OWN)}>",
        f"<description>{escape(title)}, {revision}</description>",
        *(_data(name) for name in ("kind", "values", "numbers")),
        f"<decision id={quoteattr(key)} name={quoteattr(title)}>",
        '<variable name="outcome"/>',
        *(
            f'<informationRequirement id="needs_{name}"><requiredInput href="#data_{name}"/>'
            "</informationRequirement>"
            for name in ("kind", "values", "numbers")
        ),
        '<decisionTable id="table" hitPolicy="FIRST">',
        '<input id="in_kind" label="Task"><inputExpression typeRef="string"><text>kind</text>'
        "</inputExpression></input>",
        *(_input(number, column, labels) for number, column in enumerate(columns)),
        '<output id="out_decision" name="decision" label="Decision" typeRef="string"/>',
        '<output id="out_corrections" name="corrections" label="Corrections"/>',
        '<output id="out_rule" name="rule" label="Rule" typeRef="string"/>',
        '<annotation name="Why"/>',
        *(_rule(row, kind, columns) for row in rows),
        "</decisionTable></decision></definitions>",
    ]
    return "\n".join(parts).encode()


def context_of(kind: str, values: Mapping[str, Json], rows: Sequence[TableRow]) -> JsonObject:
    """Return what the table needs to know of a task, and nothing else of it."""
    context: dict[str, Any] = {"kind": kind, "values": {}, "numbers": {}}
    for column in _columns(rows):
        value = values.get(column.path)
        if column.do == "range":
            _put(context["numbers"], column.path, None if value is None else as_number(value))
        else:
            _put(context["values"], column.path, value)
    return context


def feel_of(value: Json) -> str:
    """Return a JSON value as FEEL spells it."""
    if value is None:
        return "null"
    elif isinstance(value, bool):
        return "true" if value else "false"
    elif isinstance(value, int):
        return str(value)
    elif isinstance(value, float):
        return f"{value:.12f}".rstrip("0").rstrip(".")
    text = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return '"' + text.replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t") + '"'


def cell_of(condition: Condition) -> str:
    """Return the cell that says what a condition says."""
    if condition.do == "one_of":
        return ", ".join(map(_spelled, condition.values))
    low, high = condition.low, condition.high
    if low is not None and high is not None:
        return f"[{feel_of(low)}..{feel_of(high)}]"
    elif low is not None:
        return f">= {feel_of(low)}"
    return "-" if high is None else f"<= {feel_of(high)}"


def _spelled(value: Scalar) -> str:
    """A cell that says “true” holds for any input: as a test it is true. So it is asked."""
    return f"? = {feel_of(value)}" if isinstance(value, bool) else feel_of(value)


def _columns(rows: Sequence[TableRow]) -> list[_Column]:
    return list(
        dict.fromkeys(_Column(each.path, each.do) for row in rows for each in row.conditions)
    )


def _data(name: str) -> str:
    return f'<inputData id="data_{name}" name="{name}"><variable name="{name}"/></inputData>'


def _input(number: int, column: _Column, labels: Mapping[str, str]) -> str:
    label = quoteattr(labels.get(column.path, column.path))
    kind = ' typeRef="number"' if column.do == "range" else ""
    return (
        f'<input id="in_{number}" label={label}><inputExpression{kind}>'
        f"<text>{escape(column.expression)}</text></inputExpression></input>"
    )


def _rule(row: TableRow, kind: str, columns: Sequence[_Column]) -> str:
    said = {_Column(each.path, each.do): cell_of(each) for each in row.conditions}
    tests = [feel_of(kind), *(said.get(column, "-") for column in columns)]
    corrections = ", ".join(
        f"{feel_of(path)}: {feel_of(value)}" for path, value in row.corrections.items()
    )
    outputs = [feel_of(row.decision), f"{{{corrections}}}", feel_of(row.id)]
    return "".join(
        [
            f"<rule id={quoteattr(row.id)}>",
            *(f"<inputEntry><text>{escape(text)}</text></inputEntry>" for text in tests),
            *(f"<outputEntry><text>{escape(text)}</text></outputEntry>" for text in outputs),
            f"<annotationEntry><text>{escape(row.why)}</text></annotationEntry></rule>",
        ]
    )


def _reach(root: str, path: str) -> str:
    expression = root
    for name in path.split("."):
        if _PLAIN_NAME.fullmatch(name) and name.lower() not in _RESERVED:
            expression = f"{expression}.{name}"
        else:
            expression = f"get value({expression}, {feel_of(name)})"
    return expression


def _put(into: dict[str, Any], path: str, value: Json) -> None:
    *above, last = path.split(".")
    for name in above:
        into = into.setdefault(name, {})
    into[last] = value
