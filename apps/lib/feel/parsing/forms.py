"""What may stand where a value is expected: literals, names, brackets, and the keyword forms."""

from collections.abc import Callable

from apps.lib.feel.arithmetic import number_of
from apps.lib.feel.temporal import parse_literal

from .cursor import KEYWORDS, Cursor
from .intervals import read_bracketed, read_interval_after, read_list_or_interval
from .lexer import unescape
from .syntax import (
    Context,
    For,
    If,
    Iterator,
    Lambda,
    Literal,
    Name,
    Node,
    Parameter,
    Quantified,
)
from .type_names import read_type

_Named = tuple[tuple[str, Node], ...]


def sees_known_name(cursor: Cursor) -> bool:
    return cursor.names.match(cursor.tokens, cursor.at) is not None


def read_operand(cursor: Cursor) -> Node:
    token = cursor.token
    if sees_known_name(cursor):
        return Name(cursor.name())
    if token.kind == "name":
        if form := _FORMS.get(token.text):
            return form(cursor)
        return Name(_name_or_builtin(cursor))
    if token.kind == "op" and (form := _BRACKETS.get(token.text)):
        return form(cursor)
    if token.kind in _LITERALS:
        return _LITERALS[token.kind](cursor)
    raise cursor.error("Expected a value")


def _name_or_builtin(cursor: Cursor) -> str:
    name, count = cursor.builtin_ahead()
    if count:
        cursor.at += count
        return name
    return cursor.name()


# --- literals


def _number(cursor: Cursor) -> Node:
    token = cursor.take()
    value = number_of(token.text)
    if value is None:
        raise cursor.error("The number is too large", token)
    return Literal(value)


def read_string(cursor: Cursor) -> str:
    token = cursor.take()
    try:
        return unescape(token.text)
    except ValueError:
        raise cursor.error("The text has an escape that is no character", token) from None


def _string(cursor: Cursor) -> Node:
    return Literal(read_string(cursor))


def _quoted(cursor: Cursor) -> Node:
    return Name(cursor.name())


def _at_literal(cursor: Cursor) -> Node:
    cursor.take()
    if cursor.token.kind != "string":
        raise cursor.error("Expected a text in quotation marks after '@'")
    return Literal(parse_literal(read_string(cursor)))


def _question(cursor: Cursor) -> Node:
    cursor.take()
    cursor.asks = True
    return Name("?")


def _constant(value: bool | None) -> Callable[[Cursor], Node]:
    def read(cursor: Cursor) -> Node:
        cursor.take()
        return Literal(value)

    return read


# --- contexts, functions and their arguments


def _context(cursor: Cursor) -> Node:
    cursor.take()
    entries: list[tuple[str, Node]] = []
    while not cursor.sees("}"):
        if entries:
            cursor.expect(",", "between the entries of the context")
        key = _key(cursor)
        cursor.expect(":", f"after the name `{key}`")
        entries.append((key, cursor.expression()))
    cursor.take()
    return Context(tuple(entries))


def _key(cursor: Cursor) -> str:
    if cursor.token.kind == "string":
        key = read_string(cursor)
        cursor.names.add_words(key, KEYWORDS)
        return key
    return cursor.new_name(":", what="the name of an entry")


def _lambda(cursor: Cursor) -> Node:
    cursor.take()
    cursor.expect("(", "after 'function'")
    parameters: list[Parameter] = []
    while not cursor.takes(")"):
        if parameters:
            cursor.expect(",", "between the parameters of the function")
        name = cursor.new_name(":", ",", ")", what="the name of a parameter")
        parameters.append(Parameter(name, read_type(cursor) if cursor.takes(":") else None))
    if cursor.takes("external"):
        cursor.expression()
        return Lambda(tuple(parameters), None)
    return Lambda(tuple(parameters), cursor.expression())


def read_arguments(cursor: Cursor, what: str) -> tuple[tuple[Node, ...], _Named]:
    """Read the arguments of a call up to its closing bracket; the opening one has been read."""
    positional: list[Node] = []
    named: list[tuple[str, Node]] = []
    while not cursor.takes(")"):
        if positional or named:
            cursor.expect(",", f"or ')' after {what}")
        name = cursor.argument_name()
        if name is None:
            positional.append(cursor.expression())
        else:
            named.append((name, cursor.expression()))
        if cursor.token.kind == "end":
            raise cursor.error(f"Expected ')' after {what}")
    if positional and named:
        raise cursor.error(f"Either all or none of {what} must have names")
    return tuple(positional), tuple(named)


# --- if, for, some, every


def _if(cursor: Cursor) -> Node:
    cursor.take()
    condition = cursor.expression()
    cursor.expect("then", "after the condition of 'if'")
    then = cursor.expression()
    cursor.expect("else", "after the first value of 'if'")
    return If(condition, then, cursor.expression())


def _for(cursor: Cursor) -> Node:
    cursor.take()
    iterators = _iterators(cursor, "for")
    cursor.expect("return", "after the lists of 'for'")
    return For(iterators, cursor.expression())


def _quantified(cursor: Cursor) -> Node:
    word = cursor.take().text
    iterators = _iterators(cursor, word)
    cursor.expect("satisfies", f"after the lists of '{word}'")
    return Quantified(word == "every", iterators, cursor.expression())


def _iterators(cursor: Cursor, word: str) -> tuple[Iterator, ...]:
    iterators: list[Iterator] = []
    while not iterators or cursor.takes(","):
        name = cursor.new_name("in", what=f"a name after '{word}'")
        cursor.expect("in", f"after the name `{name}`")
        start = cursor.expression()
        end = cursor.expression() if cursor.takes("..") else None
        iterators.append(Iterator(name, start, end))
    return tuple(iterators)


_FORMS: dict[str, Callable[[Cursor], Node]] = {
    "true": _constant(True),
    "false": _constant(False),
    "null": _constant(None),
    "function": _lambda,
    "if": _if,
    "for": _for,
    "some": _quantified,
    "every": _quantified,
}
_BRACKETS: dict[str, Callable[[Cursor], Node]] = {
    "(": read_bracketed,
    "[": read_list_or_interval,
    "]": read_interval_after,
    "{": _context,
    "@": _at_literal,
    "?": _question,
}
_LITERALS: dict[str, Callable[[Cursor], Node]] = {
    "number": _number,
    "string": _string,
    "quoted": _quoted,
}
