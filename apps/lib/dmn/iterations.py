"""The boxed expressions that walk through a list: filter, for, some and every."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from apps.lib.feel.values import Value, type_name

from .running import Code, DecisionRun, Scope


def filter_code(source: Code, match: Code, way: str) -> Code:
    """Return code that keeps the elements for which `match` is true; it reads them as `item`."""

    def run_filter(run: DecisionRun, scope: Scope) -> Value:
        kept = []
        for element in _elements(source(run, scope), run):
            members = element if isinstance(element, dict) else {}
            verdict = match(run, {**scope, **members, "item": element})
            if not isinstance(verdict, bool):
                return not_boolean(run, way, verdict)
            if verdict:
                kept.append(element)
        return kept

    return run_filter


def for_code(variable: str, source: Code, body: Code) -> Code:
    """Return code that gives `body` of each element; `partial` is what there is so far."""

    def run_for(run: DecisionRun, scope: Scope) -> Value:
        results: list[Value] = []
        for element in _elements(source(run, scope), run):
            inner = {**scope, "partial": list(results), variable: element}
            results.append(body(run, inner))
        return results

    return run_for


def quantified_code(variable: str, source: Code, body: Code, way: str, *, decides: bool) -> Code:
    """Return code of `some` (`decides` True: one true decides) or `every` (one false decides)."""

    def run_quantified(run: DecisionRun, scope: Scope) -> Value:
        found = not decides
        for element in _elements(source(run, scope), run):
            verdict = body(run, {**scope, variable: element})
            if not isinstance(verdict, bool):
                return not_boolean(run, way, verdict)
            if verdict is decides:
                found = decides
        return found

    return run_quantified


def _elements(source: Value, run: DecisionRun) -> Iterator[Value]:
    elements = source if isinstance(source, list) else [] if source is None else [source]
    for each in elements:
        run.spend()
        yield each


def not_boolean(run: DecisionRun, way: str, verdict: Value) -> None:
    """Say that a condition is neither true nor false."""
    run.warn(
        _("%(place)s is null: its condition gave %(kind)s, not true or false.")
        % {"place": way, "kind": type_name(verdict)}
    )
