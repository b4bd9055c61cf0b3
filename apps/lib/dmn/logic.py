"""Compiles boxed expressions to functions of a run and its variables."""

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _

from apps.lib.feel.values import Function, Value, type_name

from . import elements
from .compiling import Names, TextCompiler
from .functions import Signature, make_function
from .iterations import filter_code, for_code, not_boolean, quantified_code
from .running import Code, DecisionRun, Scope
from .tables import compile_table


class LogicCompiler(TextCompiler):
    """Compiles whole boxed expressions; each is made to fit the type that it declares."""

    def boxed(self, boxed: elements.Boxed, names: Names) -> Code:
        """Return the code of `boxed`; `names` are the variables that it may read."""
        code = COMPILERS[type(boxed)](self, boxed, names)
        return self.typed(code, self.type_of(boxed.type_ref, boxed.place), boxed.place)

    def literal(self, box: elements.Literal, names: Names) -> Code:
        return self.expression(box.text, names)

    def context(self, box: elements.Context, names: Names) -> Code:
        entries: list[tuple[str, Code]] = []
        known = names
        for entry in box.entries:
            if entry.named is None:
                return _context_code(entries, self.boxed(entry.value, known))
            name = entry.named.name
            # the entry's own name is known, so that a function may call itself
            code = self.boxed(entry.value, known | {name})
            known |= {name}
            wanted = self.type_of(entry.named.type_ref, box.place)
            entries.append((name, self.typed(code, wanted, entry.value.place)))
        return _context_code(entries, None)

    def list_box(self, box: elements.ListBox, names: Names) -> Code:
        items = [self.boxed(each, names) for each in box.items]
        return lambda run, scope: [code(run, scope) for code in items]

    def relation(self, box: elements.Relation, names: Names) -> Code:
        columns = [(each.name, self.type_of(each.type_ref, box.place)) for each in box.columns]
        rows = [
            [
                (name, self.typed(self.boxed(cell, names), wanted, cell.place))
                for (name, wanted), cell in zip(columns, row, strict=False)
            ]
            for row in box.rows
        ]
        return lambda run, scope: [{name: code(run, scope) for name, code in row} for row in rows]

    def function(self, box: elements.FunctionBox, names: Names) -> Code:
        if box.kind != "FEEL" or box.body is None:
            return self.refuse_external(box.place, box.kind)
        signature = self.signature(box, "")
        inner = names | {name for name, _type in signature.parameters}
        body = self.boxed(box.body, inner)

        def run_definition(run: DecisionRun, scope: Scope) -> Value:
            return make_function(
                signature, lambda deep, arguments: body(deep, {**scope, **arguments})
            )

        return run_definition

    def signature(self, box: elements.FunctionBox, name: str) -> Signature:
        parameters = tuple(
            (each.name, self.type_of(each.type_ref, box.place)) for each in box.parameters
        )
        return Signature(name or _("The function"), parameters)

    def invocation(self, box: elements.Invocation, names: Names) -> Code:
        called = self.boxed(box.called, names)
        bindings = [
            (name, None if value is None else self.boxed(value, names))
            for name, value in box.bindings
        ]

        def run_invocation(run: DecisionRun, scope: Scope) -> Value:
            function = called(run, scope)
            if not isinstance(function, Function):
                run.warn(
                    _("%(place)s is null: it invokes %(kind)s, not a function.")
                    % {"place": box.place.way, "kind": type_name(function)}
                )
                return None
            named = {name: code(run, scope) if code else None for name, code in bindings}
            return function.call(run, (), named or None)

        return run_invocation

    def conditional(self, box: elements.Conditional, names: Names) -> Code:
        condition = self.boxed(box.condition, names)
        then = self.boxed(box.then, names)
        otherwise = self.boxed(box.otherwise, names)

        def run_conditional(run: DecisionRun, scope: Scope) -> Value:
            verdict = condition(run, scope)
            if verdict is not None and not isinstance(verdict, bool):
                return not_boolean(run, box.place.way, verdict)
            return then(run, scope) if verdict else otherwise(run, scope)

        return run_conditional

    def filter(self, box: elements.Filter, names: Names) -> Code:
        source = self.boxed(box.source, names)
        return filter_code(source, self.boxed(box.match, names | {"item"}), box.place.way)

    def iteration(self, box: elements.Iteration, names: Names) -> Code:
        source = self.boxed(box.source, names)
        body = self.boxed(box.body, names | {box.variable, "partial"})
        if box.kind == "for":
            return for_code(box.variable, source, body)
        some = box.kind == "some"
        return quantified_code(box.variable, source, body, box.place.way, decides=some)

    def table(self, box: elements.DecisionTable, names: Names) -> Code:
        return compile_table(self, box, names)


def _context_code(entries: list[tuple[str, Code]], result: Code | None) -> Code:
    def run_context(run: DecisionRun, scope: Scope) -> Value:
        inner = dict(scope)
        made: Scope = {}
        for name, code in entries:
            inner[name] = made[name] = code(run, inner)
        return made if result is None else result(run, inner)

    return run_context


COMPILERS: dict[type, Callable[[LogicCompiler, Any, Names], Code]] = {
    elements.Literal: LogicCompiler.literal,
    elements.Context: LogicCompiler.context,
    elements.ListBox: LogicCompiler.list_box,
    elements.Relation: LogicCompiler.relation,
    elements.FunctionBox: LogicCompiler.function,
    elements.Invocation: LogicCompiler.invocation,
    elements.Conditional: LogicCompiler.conditional,
    elements.Filter: LogicCompiler.filter,
    elements.Iteration: LogicCompiler.iteration,
    elements.DecisionTable: LogicCompiler.table,
}
