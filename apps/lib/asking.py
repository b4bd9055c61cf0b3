"""What an address asks a list for, field by field: read once, or refused with all that is wrong."""

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from .errors import FieldProblem, InvalidError

# Returns the value that a text stands for. Raises ValueError, saying what is wrong with it
Reader = Callable[[str], Any]


def read_fields(
    said: Mapping[str, str], readers: Mapping[str, Reader], labels: Mapping[str, str | Promise]
) -> dict[str, Any]:
    """Return the fields that are said, read; those that are empty are left out.

    Raises InvalidError, naming each field that makes no sense.
    """
    values: dict[str, Any] = {}
    problems = []
    for name, read in readers.items():
        if text := said.get(name, "").strip():
            try:
                values[name] = read(text)
            except ValueError as error:
                problems.append(FieldProblem(name, str(error)))
    if problems:
        words = " ".join(f"{labels[each.path]}: {each.message}." for each in problems)
        raise InvalidError(words, fields=problems)
    return values


def typed_text(text: str, *, most: int) -> str:
    """Return `text`. Raises ValueError for what is too long, or what nobody can type."""
    if len(text) > most:
        raise ValueError(_("is longer than %(n)d characters") % {"n": most})
    if not text.isprintable():
        raise ValueError(_("has characters that nobody can type"))
    return text
