"""Round and square brackets: groups, lists, and ranges such as (1..5], ]1..5[ and (< 5)."""

from apps.lib.feel.errors import FeelSyntaxError

from .cursor import Cursor
from .syntax import Interval, ListOf, Node, TestRange

OPENING, CLOSING = ("(", "[", "{"), (")", "]", "}")
MAX_FILTERS = 3  # in a row, on the end of a range that '[' closes
COMPARISONS = ("<", "<=", ">", ">=", "=", "!=")


def read_bracketed(cursor: Cursor) -> Node:
    """Read what starts with '(': a group, a range that leaves out its start, or (< 5)."""
    cursor.take()
    if cursor.sees(*COMPARISONS):
        operator = cursor.take().text
        operand = cursor.expression()
        cursor.expect(")", f"after the operand of '{operator}'")
        return TestRange(operator, operand)
    first = cursor.expression()
    if cursor.takes(".."):
        return _end_of_interval(cursor, first, start_included=False)
    cursor.expect(")", "after the expression in brackets")
    return first


def read_list_or_interval(cursor: Cursor) -> Node:
    cursor.take()
    items: list[Node] = []
    while not cursor.takes("]"):
        if items:
            cursor.expect(",", "or ']' after an element of the list")
        items.append(cursor.expression())
        if len(items) == 1 and cursor.takes(".."):
            return _end_of_interval(cursor, items[0], start_included=True)
    return ListOf(tuple(items))


def read_interval_after(cursor: Cursor) -> Node:
    """Read a range that starts with ']', which leaves out its start."""
    cursor.take()
    first = cursor.expression()
    cursor.expect("..", "in the range")
    return _end_of_interval(cursor, first, start_included=False)


def _end_of_interval(cursor: Cursor, start: Node, *, start_included: bool) -> Node:
    end, closing = _end(cursor)
    return Interval(start, end, start_included, closing == "]")


def _end(cursor: Cursor) -> tuple[Node, str]:
    """Read the end of a range. After it, '[' may close the range or open a filter: try both."""
    mark = cursor.mark()
    before, cursor.closing = cursor.closing, -1
    try:
        for closing in (-1, *reversed(_closings(cursor))):
            cursor.back(mark)
            cursor.closing = closing
            if end := _try_end(cursor, closing):
                return end
    finally:
        cursor.closing = before
    cursor.back(mark)
    cursor.expression()
    raise cursor.error("Expected ')', ']' or '[' after the end of the range")


def _try_end(cursor: Cursor, closing: int) -> tuple[Node, str] | None:
    try:
        end = cursor.expression()
    except FeelSyntaxError:
        return None
    if cursor.sees("]", ")") or (cursor.at == closing and cursor.sees("[")):
        return end, cursor.take().text
    return None


def _closings(cursor: Cursor) -> list[int]:
    """Return the places of the next few '[' that are not within other brackets."""
    found: list[int] = []
    depth = 0
    for at in range(cursor.at, len(cursor.tokens)):
        text = cursor.tokens[at].text
        if text == "[" and depth == 0:
            found.append(at)
        depth += (text in OPENING) - (text in CLOSING)
        if depth < 0 or len(found) == MAX_FILTERS:
            break
    return found
