"""Round and square brackets: groups, lists, and ranges such as (1..5], ]1..5[ and (< 5)."""

from apps.lib.feel.errors import FeelSyntaxError

from .cursor import Cursor
from .syntax import Interval, ListOf, Node, TestRange

COMPARISONS = ("<", "<=", ">", ">=", "=", "!=")


def read_bracketed(cursor: Cursor) -> Node:
    """Read what starts with '(': a group, a range that leaves out its start, or (< 5)."""
    cursor.take()
    if cursor.sees(*COMPARISONS):
        operator = cursor.take().text
        operand = cursor.inside()
        cursor.expect(")", f"after the operand of '{operator}'")
        return TestRange(operator, operand)
    first = cursor.inside()
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
        items.append(cursor.inside())
        if len(items) == 1 and cursor.takes(".."):
            return _end_of_interval(cursor, items[0], start_included=True)
    return ListOf(tuple(items))


def read_interval_after(cursor: Cursor) -> Node:
    """Read a range that starts with ']', which leaves out its start."""
    cursor.take()
    first = cursor.inside()
    cursor.expect("..", "in the range")
    return _end_of_interval(cursor, first, start_included=False)


def _end_of_interval(cursor: Cursor, start: Node, *, start_included: bool) -> Node:
    end, closing = _end(cursor)
    return Interval(start, end, start_included, closing == "]")


def _end(cursor: Cursor) -> tuple[Node, str]:
    """Read the end of a range. After it, '[' may close the range or open a filter: try both."""
    mark = cursor.mark()
    try:
        end = cursor.inside()
        if cursor.sees("]", ")"):
            return end, cursor.take().text
    except FeelSyntaxError:
        pass
    cursor.back(mark)
    before, cursor.closed_by_open_bracket = cursor.closed_by_open_bracket, True
    end = cursor.expression()
    cursor.closed_by_open_bracket = before
    if not cursor.sees("]", ")", "["):
        raise cursor.error("Expected ')', ']' or '[' after the end of the range")
    return end, cursor.take().text
