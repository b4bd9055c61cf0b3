"""From XML to elements: decision tables."""

from django.utils.translation import gettext as _

from .elements import (
    AGGREGATIONS,
    HIT_POLICIES,
    DecisionTable,
    InputClause,
    OutputClause,
    Place,
    Rule,
    Text,
)
from .errors import Problems
from .markup import Element, child, children, line_of, text_of, written_in
from .texts import read_text, refuse_language, type_ref_of


def read_table(element: Element, place: Place, problems: Problems) -> DecisionTable:
    """Return the table; a wrong hit policy or rules of wrong width go to `problems`."""
    inputs = tuple(
        _input(each, n, place, problems) for n, each in enumerate(children(element, "input"), 1)
    )
    outputs = tuple(
        _output(each, n, place) for n, each in enumerate(children(element, "output"), 1)
    )
    notes = [_named(each) for each in children(element, "annotation")]
    rules = tuple(
        _rule(each, place.inside(_("rule %(n)d") % {"n": n}, line_of(each)), notes, problems)
        for n, each in enumerate(children(element, "rule"), 1)
    )
    policy = " ".join(element.get("hitPolicy", "UNIQUE").split()).upper()
    table = DecisionTable(
        id=element.get("id", ""),
        hit_policy=policy,
        # modelers leave it behind when the policy is changed; elsewhere it means nothing
        aggregation=element.get("aggregation") if policy == "COLLECT" else None,
        inputs=inputs,
        outputs=outputs,
        rules=rules,
        type_ref=type_ref_of(element),
        place=place.at(line_of(element)),
    )
    _report(table, problems)
    return table


def _named(element: Element) -> str:
    return " ".join((element.get("name") or "").split())


def _label(element: Element) -> str:
    return " ".join((element.get("label") or "").split())


def _input(element: Element, n: int, place: Place, problems: Problems) -> InputClause:
    expression = child(element, "inputExpression")
    raw = text_of(expression).strip()
    label = _label(element) or raw or str(n)
    inside = place.inside(_("input “%(name)s”") % {"name": label}, line_of(element))
    text = read_text(element, "inputExpression", inside)
    if expression is not None:
        refuse_language(expression, inside, problems)
    if text is None:
        problems.add(
            place.element,
            line_of(element),
            _("%(place)s has no expression.") % {"place": inside.way},
            _("Say which value the column looks at."),
        )
    return InputClause(
        id=element.get("id", ""),
        label=label,
        expression=text or Text("null", inside),
        type_ref=None if expression is None else type_ref_of(expression),
        values=read_text(element, "inputValues", inside.inside(_("input values"))),
    )


def _output(element: Element, n: int, place: Place) -> OutputClause:
    name = _named(element)
    label = _label(element) or name or str(n)
    inside = place.inside(_("output “%(name)s”") % {"name": label}, line_of(element))
    return OutputClause(
        id=element.get("id", ""),
        name=name,
        label=label,
        type_ref=type_ref_of(element),
        values=read_text(element, "outputValues", inside.inside(_("output values"))),
        default=read_text(element, "defaultOutputEntry", inside.inside(_("default"))),
    )


def _rule(element: Element, place: Place, notes: list[str], problems: Problems) -> Rule:
    written = [text_of(each).strip() for each in children(element, "annotationEntry")]
    description = text_of(element, "description").strip()
    names = notes + [""] * (len(written) - len(notes))
    annotations = [(name, text) for name, text in zip(names, written, strict=False) if text]
    if description:
        annotations.append(("", description))
    return Rule(
        id=element.get("id", ""),
        inputs=tuple(_cells(element, "inputEntry", place, problems)),
        outputs=tuple(_cells(element, "outputEntry", place, problems)),
        annotations=tuple(annotations),
        place=place,
    )


def _cells(element: Element, name: str, place: Place, problems: Problems) -> list[Text]:
    kind = _("input cell %(n)d") if name == "inputEntry" else _("output cell %(n)d")
    found = []
    for n, each in enumerate(children(element, name), 1):
        inner = child(each, "text")
        inside = place.inside(kind % {"n": n}, line_of(each if inner is None else inner))
        refuse_language(each, inside, problems)
        found.append(Text("" if inner is None else written_in(inner), inside))
    return found


def _report(table: DecisionTable, problems: Problems) -> None:
    place = table.place
    if table.hit_policy not in HIT_POLICIES:
        problems.add(
            place.element,
            place.line,
            _("%(place)s has the hit policy “%(policy)s”, which DMN does not know.")
            % {"place": place.way, "policy": table.hit_policy},
            _("Choose one of: %(names)s.") % {"names": ", ".join(HIT_POLICIES)},
        )
    if table.aggregation is not None and table.aggregation not in AGGREGATIONS:
        problems.add(
            place.element,
            place.line,
            _("%(place)s has the aggregation “%(name)s”, which DMN does not know.")
            % {"place": place.way, "name": table.aggregation},
            _("Choose one of: %(names)s.") % {"names": ", ".join(AGGREGATIONS)},
        )
    if not table.outputs:
        problems.add(
            place.element,
            place.line,
            _("%(place)s has no output column.") % {"place": place.way},
            _("Add a column for the result."),
        )
    _report_outputs(table, problems)
    for rule in table.rules:
        _report_width(table, rule, problems)


def _report_outputs(table: DecisionTable, problems: Problems) -> None:
    names = [each.name for each in table.outputs]
    place = table.place
    if len(names) > 1 and (not all(names) or len(set(names)) < len(names)):
        problems.add(
            place.element,
            place.line,
            _("%(place)s has several output columns, but not a name for each.")
            % {"place": place.way},
            _("Give each output column a name of its own."),
        )
    if len(names) > 1 and table.aggregation in ("SUM", "MIN", "MAX"):
        problems.add(
            place.element,
            place.line,
            _("%(place)s aggregates several output columns.") % {"place": place.way},
            _("Keep one output column, or collect without aggregation."),
        )


def _report_width(table: DecisionTable, rule: Rule, problems: Problems) -> None:
    found = (len(rule.inputs), len(rule.outputs))
    wanted = (len(table.inputs), len(table.outputs))
    if found != wanted:
        problems.add(
            rule.place.element,
            rule.place.line,
            _("%(place)s has %(cells)s cells, but the table has %(columns)s columns (in, out).")
            % {"place": rule.place.way, "cells": _pair(found), "columns": _pair(wanted)},
            _("Give each rule one cell a column."),
        )


def _pair(numbers: tuple[int, int]) -> str:
    return f"{numbers[0]} + {numbers[1]}"
