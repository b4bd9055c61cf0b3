"""Types as they are written: number, list<string>, context<a: number>, function<date> -> time."""

from apps.lib.feel.types import Type

from .cursor import Cursor
from .names import name_of

_SPACED = (
    ("date", "and", "time"),
    ("days", "and", "time", "duration"),
    ("years", "and", "months", "duration"),
)


def read_type(cursor: Cursor) -> Type:
    cursor.enter()
    form = _FORMS.get(cursor.token.text) if cursor.token.kind == "name" else None
    if form and cursor.ahead().text == "<":
        cursor.take()
        cursor.take()
        found = form(cursor)
    else:
        found = Type(_type_name(cursor))
    cursor.leave()
    return found


def _list(cursor: Cursor) -> Type:
    of = read_type(cursor)
    cursor.expect(">", "after the type of the list's elements")
    return Type("list", of)


def _range(cursor: Cursor) -> Type:
    of = read_type(cursor)
    cursor.expect(">", "after the type of the range's ends")
    return Type("range", of)


def _context(cursor: Cursor) -> Type:
    members: list[tuple[str, Type]] = []
    while not cursor.takes(">"):
        if members:
            cursor.expect(",", "between the entries of the context's type")
        name = cursor.new_name(":", what="the name of an entry")
        cursor.expect(":", f"after the name `{name}`")
        members.append((name, read_type(cursor)))
    return Type("context", members=tuple(members))


def _function(cursor: Cursor) -> Type:
    parameters: list[Type] = []
    while not cursor.takes(">"):
        if parameters:
            cursor.expect(",", "between the types of the parameters")
        parameters.append(read_type(cursor))
    cursor.expect("->", "before the type of the function's result")
    return Type("function", parameters=tuple(parameters), result=read_type(cursor))


def _type_name(cursor: Cursor) -> str:
    if cursor.token.kind not in ("name", "quoted"):
        raise cursor.error("Expected the name of a type")
    for words in _SPACED:
        ahead = cursor.tokens[cursor.at : cursor.at + len(words)]
        if tuple(token.text for token in ahead) == words:
            cursor.at += len(words)
            return " ".join(words)
    name = cursor.name()
    while cursor.sees(".") and cursor.ahead().kind == "name":
        # a type of an imported model: model.tName
        name += cursor.take().text + name_of([cursor.take()])
    return name


_FORMS = {"list": _list, "range": _range, "context": _context, "function": _function}
