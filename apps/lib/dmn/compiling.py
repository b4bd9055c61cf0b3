"""Compiles the FEEL texts of a model; what is wrong with them is told with their place."""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Final, TypeAlias

from django.utils.translation import gettext as _

from apps.lib.feel import FeelSyntaxError, compile_expression, compile_unary_tests
from apps.lib.feel.run import Run
from apps.lib.feel.types import Type
from apps.lib.feel.values import Value, type_name

from .elements import Place, Text
from .errors import Problems
from .item_types import TypeBuilder
from .running import Code, DecisionRun, Scope
from .types import ANYTHING, MISFIT, ItemType, Test, fit, from_text

WORD: Final = re.compile(r"\w+|[^\w\s]")
TYPE_NAMING: Final = re.compile(r"\b(instance|function)\b")
EXTERNAL: Final = re.compile(r"\bfunction\s*\([^()]*\)\s*external\b")

Names: TypeAlias = frozenset[str]
TestCode: TypeAlias = Callable[[Run, Value, Scope], bool | None]


class TextCompiler:
    """Compiles texts against the types and names of one model.

    `members` are names that may follow a dot: those of components, and of what is imported.
    """

    def __init__(self, builder: TypeBuilder, members: Names, problems: Problems) -> None:
        self.builder = builder
        self._members = members
        self.problems = problems
        self._read: set[str] = set()
        self._feel_types = {name: each.type for name, each in builder.types.items()}

    def expression(self, text: Text, names: Names) -> Code:
        """Return the code of an expression; one with a fault in it gives null, and a problem."""
        try:
            found = compile_expression(
                text.text, names=self._names_in(text, names), types=self._types_in(text)
            )
        except FeelSyntaxError as error:
            return self._broken(text, error)
        if EXTERNAL.search(text.text):
            self.refuse_external(text.place, _("external"))
        self._read |= found.reads
        return found.run

    def refuse_external(self, place: Place, kind: str) -> Code:
        """Tell that a function of another language is called, and return code that gives null."""
        message = _("%(place)s calls a function outside of the model (%(kind)s).") % {
            "place": place.way,
            "kind": kind,
        }
        advice = _("Write it in FEEL: nothing outside of the model is executed.")
        self.problems.add(place.element, place.line, message, advice)
        return refuse(message)

    def tests(self, text: Text, names: Names) -> TestCode:
        """Return the code of unary tests; those with a fault match nothing, and are a problem."""
        try:
            found = compile_unary_tests(
                text.text, names=self._names_in(text, names), types=self._types_in(text)
            )
        except FeelSyntaxError as error:
            broken = self._broken(text, error)
            return lambda run, value, scope: broken(run, scope)  # type: ignore[arg-type]
        self._read |= found.reads
        return found.run

    @property
    def reads(self) -> Names:
        """The names of variables that the texts compiled so far read."""
        return frozenset(self._read)

    def column(self, text: Text, type_ref: str | None, names: Names) -> Code:
        """Return the code of a column's expression, or of a cell with an output.

        The value is made to fit the column's type where it can be, and stays as it is where not:
        modelers write "string" by themselves, and Camunda's engines never look. Texts of JSON are
        read where dates, times or durations are wanted.
        """
        wanted = self.type_of(type_ref, text.place)
        code = self.expression(text, names)
        if wanted is ANYTHING:
            return code

        def run_column(run: DecisionRun, scope: Scope) -> Value:
            value = from_text(code(run, scope), wanted.type)
            fitting = fit(value, wanted)
            return value if fitting is MISFIT else fitting

        return run_column

    def type_of(self, name: str | None, place: Place) -> ItemType:
        return self.builder.of(name, place)

    def _names_in(self, text: Text, names: Names) -> list[str]:
        """Return the names that the text may use and FEEL can't read by itself.

        Large models have hundreds: to hand in few keeps reading them quick.
        """
        words = frozenset(WORD.findall(text.text))
        return sorted(
            name
            for index in (_by_start(names), _by_start(self._members))
            for word in words & index.keys()
            for name, parts in index[word]
            if parts <= words
        )

    def _types_in(self, text: Text) -> Mapping[str, Type] | None:
        """Return the model's types if the text may name one."""
        return self._feel_types if TYPE_NAMING.search(text.text) else None

    def allowed_text(self, name: str | None) -> Text | None:
        """Return the text of the values that the type of that name allows, or None."""
        item = self.builder.item(name)
        return None if item is None else item.allowed_values

    def typed(self, code: Code, wanted: ItemType, place: Place) -> Code:
        """Return `code` with its result made to fit `wanted`; what doesn't becomes null."""
        if wanted is ANYTHING:
            return code

        def run_typed(run: DecisionRun, scope: Scope) -> Value:
            value = code(run, scope)
            fitting = fit(value, wanted)
            if fitting is not MISFIT:
                return fitting
            warn_misfit(run, place.way, value, wanted)
            return None

        return run_typed

    def _broken(self, text: Text, error: FeelSyntaxError) -> Code:
        line = text.place.line and text.place.line + error.line - 1
        message = _("%(place)s is not FEEL: %(reason)s (column %(column)d of “%(text)s”).") % {
            "place": text.place.way,
            "reason": error.message,
            "column": error.column,
            "text": _shortened(text.text, error.line),
        }
        self.problems.add(text.place.element, line, message, _("Correct the expression."))
        return refuse(message)


def refuse(message: str) -> Code:
    """Return code that gives null and says why."""

    def run_refused(run: DecisionRun, scope: Scope) -> Value:
        run.warn(message)

    return run_refused


def warn_misfit(run: Run, what: str, value: Value, wanted: ItemType) -> None:
    kind = type_name(value)
    if kind == wanted.type.name:
        kind = _("a value that its type does not allow")
    run.warn(
        _("%(what)s is null: it should be %(wanted)s, but is %(kind)s.")
        % {"what": what, "wanted": wanted.type.name, "kind": kind}
    )


@lru_cache(maxsize=256)
def _by_start(names: Names) -> dict[str, list[tuple[str, Names]]]:
    """Return the names that FEEL can't read by itself with their words, by the first of these."""
    found: dict[str, list[tuple[str, Names]]] = {}
    for name in names:
        words = WORD.findall(name)
        if words and not name.isidentifier():
            found.setdefault(words[0], []).append((name, frozenset(words)))
    return found


def _shortened(text: str, line: int) -> str:
    lines = text.splitlines() or [""]
    shown = lines[min(line, len(lines)) - 1].strip()
    return shown if len(shown) <= 60 else f"{shown[:59]}…"


def compile_allowed(text: Text, problems: Problems) -> Test | None:
    """Return a test for the allowed values of a type; they may read nothing but the value."""
    builder = TypeBuilder((), {}, lambda _text: None, problems)
    tests = TextCompiler(builder, frozenset(), problems).tests(text, frozenset())
    return lambda value: tests(Run(), value, {}) is True
