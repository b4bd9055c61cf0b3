"""JSON at the edge: types, and a parser that refuses what PostgreSQL or a reader would choke on."""

import json
import unicodedata
from typing import Any, NoReturn, TypeAlias

from .errors import MalformedError, TooLargeError

Json: TypeAlias = "None | bool | int | float | str | list[Json] | dict[str, Json]"
JsonObject: TypeAlias = dict[str, "Json"]

MAX_DEPTH = 64
MAX_KEY_LENGTH = 256
MAX_INTEGER = 2**63 - 1


class InvalidJsonError(MalformedError):
    """The body is not JSON that we accept; the message says where it went wrong."""

    code = "invalid_json"


def parse_json(body: bytes, *, max_bytes: int) -> Json:
    """Return `body` as JSON.

    Stricter than the standard parser, since what is stored must come out again the same: UTF-8
    only, no NUL, no lone surrogates, no duplicate keys, no NaN or Infinity, integers of 64 bits,
    at most 64 levels. Raises InvalidJsonError, or TooLargeError beyond `max_bytes`.
    """
    if len(body) > max_bytes:
        raise TooLargeError(f"The body is larger than {max_bytes:,} bytes. Send less at a time.")
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidJsonError(f"The body is not UTF-8 (byte {error.start}).") from None
    try:
        value = json.loads(
            text,
            parse_constant=_refuse_constant,
            parse_int=_parse_int,
            object_pairs_hook=_object,
        )
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise InvalidJsonError(f"The body is not JSON: {error.msg} ({where}).") from None
    except RecursionError:
        raise InvalidJsonError(f"The body is nested deeper than {MAX_DEPTH} levels.") from None
    check_json(value)
    return value  # type: ignore[no-any-return]


def check_json(value: Any, path: str = "", depth: int = 0) -> None:
    """Raise InvalidJsonError if `value` holds text that can't be stored or is nested too deep."""
    if depth > MAX_DEPTH:
        raise InvalidJsonError(f"The body is nested deeper than {MAX_DEPTH} levels.")
    if isinstance(value, str):
        _check_text(value, path)
    elif isinstance(value, dict):
        for key, inner in value.items():
            _check_key(key, path)
            check_json(inner, f"{path}.{key}" if path else key, depth + 1)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            check_json(inner, f"{path}.{index}" if path else str(index), depth + 1)
    elif isinstance(value, int | float) and abs(value) > MAX_INTEGER:
        # 1e20 comes back from the database as an integer, which no answer could hold
        raise InvalidJsonError(f"{path or 'The body'}: the number is too large.")


def _check_text(text: str, path: str) -> None:
    where = path or "The body"
    if "\x00" in text:
        raise InvalidJsonError(f"{where}: text must not contain NUL characters.")
    if not text.isascii() and any(unicodedata.category(character) == "Cs" for character in text):
        raise InvalidJsonError(f"{where}: text contains half of a surrogate pair.")


def _check_key(key: str, path: str) -> None:
    if len(key) > MAX_KEY_LENGTH:
        raise InvalidJsonError(f"{path or 'The body'}: a name is longer than {MAX_KEY_LENGTH}.")
    _check_text(key, path)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise InvalidJsonError(f"The name {twice[:80]!r} stands twice in one object.")
    return found


def _parse_int(digits: str) -> int:
    if len(digits) > 20 or abs(int(digits)) > MAX_INTEGER:
        raise InvalidJsonError(f"The number {digits[:24]}… does not fit in 64 bits.")
    return int(digits)


def _refuse_constant(name: str) -> NoReturn:
    raise InvalidJsonError(f"{name} is not a JSON number.")
