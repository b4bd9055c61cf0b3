"""What a mail carries beside its text, for kinds of notices whose app says so.

An app above registers, for a kind, what makes it: asked when the mail is sent, so that a notice
itself stays small. Digests carry nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from .models import Notice


@dataclass(frozen=True, slots=True)
class File:
    name: str
    content: bytes
    content_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Enclosed:
    """The same as HTML ("" for none), files, and further headers, such as List-Unsubscribe."""

    html: str = ""
    files: tuple[File, ...] = ()
    headers: dict[str, str] = field(default_factory=dict)


_makers: dict[str, Callable[[Notice], Enclosed | None]] = {}


def register(kind: str, make: Callable[[Notice], Enclosed | None]) -> None:
    """Have `make` say what a mail about a notice of that kind carries; None: nothing."""
    _makers[kind] = make


def enclosed_with(notice: Notice) -> Enclosed | None:
    make = _makers.get(notice.kind)
    return make(notice) if make else None
