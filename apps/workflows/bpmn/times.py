"""Whether a time that is written down is one. Expressions are looked at when they are evaluated."""

from apps.lib.errors import InvalidError
from apps.lib.timers import Kind, timer_of


def complaint(how: Kind, text: str) -> str:
    """Return what is wrong with a text as a time of that kind; "" for nothing."""
    try:
        timer_of(how, text)
    except InvalidError as error:
        return error.message
    return ""
