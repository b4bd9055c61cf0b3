"""Secrets in memory: they show themselves to nobody by accident, and what is written is masked.

`Secret` guards the way out of a program's own hands: printed, logged or formatted, it is dots. For
what others made of a secret meanwhile (an error of a library that quotes it, say) a process that
was given one notes it with `keep_out`, and `masked` takes it out of what it writes down.
"""

import base64
import html
import json
from hmac import compare_digest
from threading import Lock
from typing import Any, NoReturn
from urllib.parse import quote, quote_plus

from .json import Json

MASK = "•••"
# Shorter ones stand in every other word; masking them would hide texts, not secrets
SHORTEST_MASKED = 4


class Secret:
    """A text that only `reveal` gives away."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the text itself, for the call that needs it; keep it nowhere."""
        return self._text

    def __repr__(self) -> str:
        return MASK

    __str__ = __repr__

    def __format__(self, _how: str) -> str:
        return MASK

    def __bool__(self) -> bool:
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return compare_digest(self._text.encode(), other._text.encode())

    def __hash__(self) -> int:
        return hash(self._text)

    def __reduce__(self) -> NoReturn:
        raise TypeError("A secret is not pickled: call reveal() where it is needed.")


class _KeptOut:
    """The forms of all secrets that this process was given, longest first."""

    def __init__(self) -> None:
        self.forms: tuple[str, ...] = ()
        self._lock = Lock()

    def add(self, texts: "set[str]") -> None:
        with self._lock:
            self.forms = tuple(sorted({*self.forms, *texts}, key=len, reverse=True))

    def forget(self) -> None:
        self.forms = ()


_kept_out = _KeptOut()


def keep_out(secret: Secret) -> None:
    """From now on `masked` hides this secret in this process, in the forms it usually takes.

    For processes that work one run and end: what a long-lived one was given piles up.
    """
    _kept_out.add(_forms_of(secret.reveal()))


def forget_kept_out() -> None:
    """Mask nothing any more; for tests that play several processes."""
    _kept_out.forget()


def masked(text: str) -> str:
    """Return `text` with dots in the place of every secret this process was given."""
    for form in _kept_out.forms:
        if form in text:
            text = text.replace(form, MASK)
    return text


def masked_json(value: Any) -> Any:
    """Return a JSON value as `masked` leaves it, names of objects included."""
    if not _kept_out.forms:
        return value
    if isinstance(value, str):
        return masked(value)
    if isinstance(value, dict):
        return {masked_json(name): masked_json(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [masked_json(inner) for inner in value]
    return value


def is_anything_kept_out() -> bool:
    return bool(_kept_out.forms)


def _forms_of(text: str) -> set[str]:
    """Return the ways in which a secret gets into texts: quoted, escaped, encoded."""
    raw = text.encode()
    forms = {text, repr(text)[1:-1], quote(text), quote(text, safe=""), quote_plus(text)}
    forms |= {_inner_json(text, ascii_only) for ascii_only in (True, False)}
    forms |= {raw.hex(), raw.hex().upper(), repr(raw)[2:-1], html.escape(text)}
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        forms |= {_certain_base64(encode(b"x" * lead + raw).decode(), lead) for lead in range(3)}
    lines = {line for line in text.splitlines() if line}
    return {form for form in forms | lines if len(form) >= SHORTEST_MASKED}


def _inner_json(text: Json, ascii_only: bool) -> str:  # noqa: FBT001 - both ways of writing it
    return json.dumps(text, ensure_ascii=ascii_only)[1:-1]


def _certain_base64(encoded: str, lead: int) -> str:
    """Return the letters that a secret has in base64, whatever stands before and behind it.

    In `Basic dXNlcjpzZWNyZXQ=` a user name comes first, so that one of three shifts is seen.
    """
    begins = (lead * 8 + 5) // 6
    bare = encoded.rstrip("=")
    has_rest = len(encoded) != len(bare)
    return bare[begins : len(bare) - 1 if has_rest else None]
