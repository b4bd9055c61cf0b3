"""Compiles decision tables: which rules match, and what the hit policy makes of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from django.utils.translation import gettext as _

from apps.lib.feel.values import Value

from .compiling import Names, TestCode, TextCompiler
from .elements import DecisionTable, OutputClause, Rule, Text
from .hit_policies import PolicyError, Priorities, Row, aggregate, by_priority, is_unambiguous
from .results import InputSeen, RuleMatch
from .running import Code, DecisionRun, Scope

LISTING = ("COLLECT", "RULE ORDER", "OUTPUT ORDER")
ORDERING = ("PRIORITY", "OUTPUT ORDER")


@dataclass(frozen=True, slots=True)
class _Hit:
    """A rule that matches, with its outputs."""

    rule: int
    row: Row


def compile_table(compiler: TextCompiler, table: DecisionTable, names: Names) -> Code:
    """Return code that gives the table's value and keeps each rule that matched on the run."""
    return _Table(compiler, table, names).run


class _Table:
    """A decision table made ready. Rules with nothing in a cell don't ask about that column."""

    def __init__(self, compiler: TextCompiler, table: DecisionTable, names: Names) -> None:
        self.source = table = _sound(table)
        self.inputs = [
            compiler.column(each.expression, each.type_ref, names) for each in table.inputs
        ]
        self.allowed = [
            (column, compiler.tests(each.values, names))
            for column, each in enumerate(table.inputs)
            if each.values is not None
        ]
        self.rules = [_rule_tests(compiler, each, names) for each in table.rules]
        self.outputs = [_row_codes(compiler, table, each, names) for each in table.rules]
        self.defaults = _default_codes(compiler, table, names)
        self.priorities = _priorities(compiler, table)
        self.names = [each.name or each.label for each in table.outputs]
        self.conclude = POLICIES.get(table.hit_policy, _Table.unique)

    def run(self, run: DecisionRun, scope: Scope) -> Value:
        run.spend()
        values = [code(run, scope) for code in self.inputs]
        hits = [
            _Hit(rule, tuple(code(run, scope) for code in self.outputs[rule]))
            for rule in self.matching(run, values, scope)
        ]
        if not hits:
            self.warn_of_values(run, values, scope)
            return self.without_match(run, scope)
        applied: Sequence[int] = ()
        try:
            applied, value = self.conclude(self, run, hits)
        except PolicyError as error:
            run.violate(_("%(place)s is null: %(reason)s") % {"place": self.way, "reason": error})
            value = None
        self.keep(run, values, hits, applied)
        return value

    @property
    def way(self) -> str:
        return self.source.place.way

    def matching(self, run: DecisionRun, values: Sequence[Value], scope: Scope) -> list[int]:
        """Return the rules that match; with FIRST, none after the first."""
        stops = self.source.hit_policy == "FIRST"
        found = []
        for rule, tests in enumerate(self.rules):
            for column, test in tests:
                if test(run, values[column], scope) is not True:
                    break
            else:
                found.append(rule)
                if stops:
                    break
        return found

    def warn_of_values(self, run: DecisionRun, values: Sequence[Value], scope: Scope) -> None:
        """Tell which inputs have values that the table does not expect at all."""
        for column, test in self.allowed:
            if test(run, values[column], scope) is not True:
                run.warn(
                    _("The value of “%(input)s” is not among the input values of %(place)s.")
                    % {"input": self.source.inputs[column].label, "place": self.way}
                )

    def without_match(self, run: DecisionRun, scope: Scope) -> Value:
        many = self.source.hit_policy in LISTING
        if self.defaults is not None:
            value = self.shaped(tuple(code(run, scope) for code in self.defaults))
            is_list = many and self.source.aggregation is None
            return [value] if is_list else value
        run.warn(_("No rule of %(place)s matches.") % {"place": self.way})
        if self.source.aggregation is not None:
            return aggregate(run, self.source.aggregation, [])
        return [] if many else None

    def shaped(self, row: Row) -> Value:
        """Return the outputs of one rule: the value of a single column, a context of several."""
        return row[0] if len(row) == 1 else dict(zip(self.names, row, strict=True))

    def keep(
        self, run: DecisionRun, values: Sequence[Value], hits: list[_Hit], applied: Sequence[int]
    ) -> None:
        clauses = self.source.inputs
        for position, hit in enumerate(hits):
            rule = self.source.rules[hit.rule]
            seen = tuple(
                InputSeen(clause.label, clause.expression.text.strip(), value, cell.text.strip())
                for clause, value, cell in zip(clauses, values, rule.inputs, strict=True)
            )
            run.keep(
                RuleMatch(
                    decision=rule.place.element,
                    decision_name=rule.place.title,
                    rule=hit.rule + 1,
                    rule_id=rule.id,
                    inputs=seen,
                    outputs=dict(zip(self.names, hit.row, strict=True)),
                    annotations=rule.annotations,
                    applied=position in applied,
                )
            )

    # What each policy makes of the hits: the positions of those that count, and the value.

    def unique(self, run: DecisionRun, hits: list[_Hit]) -> tuple[Sequence[int], Value]:
        if len(hits) > 1:
            raise PolicyError(
                _("rules %(rules)s match, but only one may.") % {"rules": _numbers(hits)}
            )
        return self.first(run, hits)

    def first(self, run: DecisionRun, hits: list[_Hit]) -> tuple[Sequence[int], Value]:
        return (0,), self.shaped(hits[0].row)

    def any(self, run: DecisionRun, hits: list[_Hit]) -> tuple[Sequence[int], Value]:
        if not is_unambiguous([each.row for each in hits]):
            raise PolicyError(
                _("rules %(rules)s match, but their outputs differ.") % {"rules": _numbers(hits)}
            )
        return range(len(hits)), self.shaped(hits[0].row)

    def priority(self, run: DecisionRun, hits: list[_Hit]) -> tuple[Sequence[int], Value]:
        best = by_priority([each.row for each in hits], self.priorities)[0]
        return (best,), self.shaped(hits[best].row)

    def output_order(self, run: DecisionRun, hits: list[_Hit]) -> tuple[Sequence[int], Value]:
        order = by_priority([each.row for each in hits], self.priorities)
        return order, [self.shaped(hits[each].row) for each in order]

    def collect(self, run: DecisionRun, hits: list[_Hit]) -> tuple[Sequence[int], Value]:
        everything = range(len(hits))
        if self.source.aggregation is None:
            return everything, [self.shaped(each.row) for each in hits]
        return everything, aggregate(run, self.source.aggregation, [each.row[0] for each in hits])


Conclusion = Callable[[_Table, DecisionRun, list[_Hit]], tuple[Sequence[int], Value]]
POLICIES: dict[str, Conclusion] = {
    "UNIQUE": _Table.unique,
    "FIRST": _Table.first,
    "ANY": _Table.any,
    "PRIORITY": _Table.priority,
    "RULE ORDER": _Table.collect,
    "OUTPUT ORDER": _Table.output_order,
    "COLLECT": _Table.collect,
}


def _numbers(hits: list[_Hit]) -> str:
    return ", ".join(str(each.rule + 1) for each in hits)


def _sound(table: DecisionTable) -> DecisionTable:
    """Return the table without the rules that lack cells; they are problems of their own."""
    width = (len(table.inputs), len(table.outputs))
    rules = tuple(
        each for each in table.rules if (len(each.inputs), len(each.outputs)) == width and width[1]
    )
    return replace(table, rules=rules)


def _rule_tests(compiler: TextCompiler, rule: Rule, names: Names) -> list[tuple[int, TestCode]]:
    return [
        (column, compiler.tests(cell, names))
        for column, cell in enumerate(rule.inputs)
        if cell.text.strip() not in ("", "-")
    ]


def _row_codes(
    compiler: TextCompiler, table: DecisionTable, rule: Rule, names: Names
) -> list[Code]:
    return [
        _output_code(compiler, clause, cell, names)
        for clause, cell in zip(table.outputs, rule.outputs, strict=False)
    ]


def _output_code(
    compiler: TextCompiler, clause: OutputClause, cell: Text | None, names: Names
) -> Code:
    if cell is None or cell.text.strip() in ("", "-"):
        return lambda run, scope: None
    return compiler.column(cell, clause.type_ref, names)


def _default_codes(compiler: TextCompiler, table: DecisionTable, names: Names) -> list[Code] | None:
    if not any(each.default for each in table.outputs):
        return None
    return [_output_code(compiler, each, each.default, names) for each in table.outputs]


def _priorities(compiler: TextCompiler, table: DecisionTable) -> Priorities:
    """Return the values of each column, best first, for the policies that need an order."""
    if table.hit_policy not in ORDERING:
        return []
    texts = [each.values or compiler.allowed_text(each.type_ref) for each in table.outputs]
    if len(texts) == 1 and texts[0] is None:
        texts = [compiler.allowed_text(table.type_ref)]
    if not any(texts):
        compiler.problems.add(
            table.place.element,
            table.place.line,
            _("%(place)s has the hit policy %(policy)s, but no output values to order by.")
            % {"place": table.place.way, "policy": table.hit_policy},
            _("List the output values of a column, the most important first."),
        )
    return [_listed(compiler, each) for each in texts]


def _listed(compiler: TextCompiler, text: Text | None) -> Sequence[Value]:
    if text is None:
        return []
    listed = Text(f"[{text.text}]", text.place)
    found = compiler.expression(listed, frozenset())(DecisionRun(), {})
    return found if isinstance(found, list) else []
