"""From XML to elements: boxed expressions other than decision tables."""

from collections.abc import Callable

from django.utils.translation import gettext as _

from .elements import (
    Boxed,
    Conditional,
    Context,
    Entry,
    Filter,
    FunctionBox,
    Invocation,
    Iteration,
    ListBox,
    Literal,
    Named,
    Place,
    Relation,
    Text,
)
from .errors import Problems
from .markup import Element, child, children, line_of, local_name, written_in
from .table_reading import read_table
from .texts import refuse_language, type_ref_of

NOTES = ("description", "extensionElements")


def read_boxed(element: Element, place: Place, problems: Problems) -> Boxed:
    """Return the boxed expression at `element`; unknown kinds go to `problems`."""
    reader = READERS.get(local_name(element))
    if reader is not None:
        return reader(element, place, problems)
    problems.add(
        place.element,
        line_of(element),
        _("%(place)s holds an expression of a kind that is not known: %(tag)s.")
        % {"place": place.way, "tag": local_name(element)},
        _("Use one of the boxed expressions of DMN 1.5."),
    )
    return Literal(Text("null", place), None, place)


def _name(element: Element) -> str:
    return " ".join(element.get("name", "").split())


def _named(element: Element) -> Named:
    return Named(_name(element), type_ref_of(element))


def _only(element: Element, place: Place, problems: Problems, *, within: str = "") -> Boxed:
    """Return the one expression inside `element` (or inside its child `within`)."""
    holder = child(element, within) if within else element
    inner = [] if holder is None else _expressions(holder)
    if inner:
        return read_boxed(inner[0], place, problems)
    problems.add(
        place.element,
        line_of(element),
        _("%(place)s lacks its expression.") % {"place": place.way},
        _("Fill in %(part)s.") % {"part": within or local_name(element)},
    )
    return Literal(Text("null", place), None, place)


def _expressions(element: Element) -> list[Element]:
    skipped = (*NOTES, "variable", "parameter", "formalParameter", "binding", "column", "row")
    return [each for each in children(element) if local_name(each) not in skipped]


def read_literal(element: Element, place: Place, problems: Problems) -> Literal:
    refuse_language(element, place, problems)
    inner = child(element, "text")
    text = "" if inner is None else written_in(inner)
    place = place.at(line_of(element if inner is None else inner))
    if inner is None or not text.strip():
        problems.add(
            place.element,
            place.line,
            _("%(place)s has no expression.") % {"place": place.way},
            _("Write a FEEL expression."),
        )
        text = "null"
    return Literal(Text(text, place), type_ref_of(element), place)


def _context(element: Element, place: Place, problems: Problems) -> Context:
    entries = tuple(_entry(each, place, problems) for each in children(element, "contextEntry"))
    return Context(entries, type_ref_of(element), place)


def _entry(element: Element, place: Place, problems: Problems) -> Entry:
    variable = child(element, "variable")
    named = None if variable is None or not _name(variable) else _named(variable)
    step = _("entry “%(name)s”") % {"name": named.name} if named else _("result")
    return Entry(named, _only(element, place.inside(step, line_of(element)), problems))


def _list(element: Element, place: Place, problems: Problems) -> ListBox:
    items = tuple(
        read_boxed(each, place.inside(_("item %(n)d") % {"n": n}, line_of(each)), problems)
        for n, each in enumerate(_expressions(element), 1)
    )
    return ListBox(items, type_ref_of(element), place)


def _relation(element: Element, place: Place, problems: Problems) -> Relation:
    columns = tuple(_named(each) for each in children(element, "column"))
    rows = []
    for n, row in enumerate(children(element, "row"), 1):
        inside = place.inside(_("row %(n)d") % {"n": n}, line_of(row))
        cells = tuple(read_boxed(each, inside, problems) for each in _expressions(row))
        if len(cells) != len(columns):
            problems.add(
                place.element,
                line_of(row),
                _("%(place)s has %(n)d cells for %(columns)d columns.")
                % {"place": inside.way, "n": len(cells), "columns": len(columns)},
                _("Give each row one cell a column."),
            )
        rows.append(cells)
    return Relation(columns, tuple(rows), type_ref_of(element), place)


def read_function(element: Element, place: Place, problems: Problems) -> FunctionBox:
    parameters = tuple(_named(each) for each in children(element, "formalParameter"))
    inner = _expressions(element)
    return FunctionBox(
        kind=element.get("kind", "FEEL"),
        parameters=parameters,
        body=read_boxed(inner[0], place, problems) if inner else None,
        type_ref=type_ref_of(element),
        place=place,
    )


def _invocation(element: Element, place: Place, problems: Problems) -> Invocation:
    bindings = []
    for each in children(element, "binding"):
        parameter = child(each, "parameter")
        name = "" if parameter is None else _name(parameter)
        inside = place.inside(_("parameter “%(name)s”") % {"name": name}, line_of(each))
        inner = _expressions(each)
        bindings.append((name, read_boxed(inner[0], inside, problems) if inner else None))
    called = _only(element, place, problems)
    return Invocation(called, tuple(bindings), type_ref_of(element), place)


def _conditional(element: Element, place: Place, problems: Problems) -> Conditional:
    def part(name: str) -> Boxed:
        return _only(element, place.inside(name), problems, within=name)

    return Conditional(part("if"), part("then"), part("else"), type_ref_of(element), place)


def _filter(element: Element, place: Place, problems: Problems) -> Filter:
    source = _only(element, place.inside("in"), problems, within="in")
    match = _only(element, place.inside("match"), problems, within="match")
    return Filter(source, match, type_ref_of(element), place)


def _iteration(element: Element, place: Place, problems: Problems) -> Iteration:
    kind = local_name(element)
    body = "return" if kind == "for" else "satisfies"
    return Iteration(
        kind=kind,
        variable=" ".join(element.get("iteratorVariable", "").split()),
        source=_only(element, place.inside("in"), problems, within="in"),
        body=_only(element, place.inside(body), problems, within=body),
        type_ref=type_ref_of(element),
        place=place,
    )


READERS: dict[str, Callable[[Element, Place, Problems], Boxed]] = {
    "literalExpression": read_literal,
    "context": _context,
    "list": _list,
    "relation": _relation,
    "functionDefinition": read_function,
    "invocation": _invocation,
    "conditional": _conditional,
    "filter": _filter,
    "for": _iteration,
    "some": _iteration,
    "every": _iteration,
    "decisionTable": read_table,
}
