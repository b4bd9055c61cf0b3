"""From what a model wrote to values: JSON out of text, checked, with how sure it is of each.

A model's word on how sure it is comes in one of two ways, and it is always said which: it states
a number for each field, or the server gives the probability of each token it wrote. Where neither
comes for a field, its confidence is 0: nothing is made up.
"""

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from django.utils.translation import gettext as _

from apps.lib.errors import DomainError, FieldProblem
from apps.lib.json import Json, JsonObject, parse_json
from apps.lib.schema import check_payload

from .exceptions import MalformedAnswerError

MAX_ANSWER_BYTES = 1_000_000
VALUES, CONFIDENCE = "values", "confidence"
Kind = Literal["stated", "tokens", "none"]


@dataclass(frozen=True, kw_only=True)
class Sure:
    """How sure the model is of a value, from 0 to 1, and how we know."""

    confidence: float
    kind: Kind


@dataclass(frozen=True, kw_only=True)
class Answer:
    values: JsonObject
    confidences: Mapping[str, Sure]  # by dotted path of each leaf


def schema_of_answer(schema: JsonObject) -> JsonObject:
    """Return the schema of what is asked for: the values, and a number for each."""
    inner = _moved(schema, at=f"#/properties/{VALUES}")
    return {
        "type": "object",
        "required": [VALUES, CONFIDENCE],
        "additionalProperties": False,
        "properties": {
            VALUES: inner,
            CONFIDENCE: {
                "type": "object",
                "description": "For each field of values, by its dotted path (lines.0.amount):"
                " how sure you are, from 0 (a guess) to 1 (certain).",
                "additionalProperties": {"type": "number", "minimum": 0, "maximum": 1},
            },
        },
    }


def read_object(text: str) -> tuple[JsonObject, int]:
    """Return the JSON object in `text` and where it begins. Raises MalformedAnswerError."""
    start = text.find("{")
    if start < 0:
        raise MalformedAnswerError(_("The answer holds no JSON object."))
    try:
        _found, end = json.JSONDecoder().raw_decode(text, start)
        value = parse_json(text[start:end].encode(), max_bytes=MAX_ANSWER_BYTES)
    except (ValueError, RecursionError) as error:
        raise MalformedAnswerError(_("The answer is not JSON: %s") % error) from None
    except DomainError as error:
        raise MalformedAnswerError(error.message) from None
    if not isinstance(value, dict):
        raise MalformedAnswerError(_("The answer is no JSON object."))
    return value, start


def read_answer(text: str, schema: JsonObject, *, tokens: tuple[tuple[str, float], ...]) -> Answer:
    """Return the values in `text` and how sure the model is. Raises MalformedAnswerError."""
    whole, start = read_object(text)
    problems = check_payload(schema_of_answer(schema), whole)
    if problems:
        raise MalformedAnswerError(told(problems), problems=problems)
    values, stated = whole[VALUES], whole[CONFIDENCE]
    if not isinstance(values, dict) or not isinstance(stated, dict):
        raise MalformedAnswerError(_("The answer is no JSON object."))
    by_tokens = _by_tokens(text, start, tokens) if tokens else {}
    return Answer(values=values, confidences=sure_of_each(values, stated, by_tokens))


def sure_of_each(
    values: JsonObject, stated: JsonObject, by_tokens: Mapping[str, float] | None = None
) -> dict[str, Sure]:
    """Return for each leaf of `values` how sure the model is, and how we know."""
    return {path: _sure(path, stated, by_tokens or {}) for path, _value in leaves(values)}


def told(problems: list[FieldProblem]) -> str:
    """Return problems as lines: for people, and for the model that is asked again."""
    return "\n".join(f"{each.path or 'answer'}: {each.message}" for each in problems[:20])


def leaves(value: Json, path: str = "") -> Iterator[tuple[str, Json]]:
    """Yield each value that is not a container (empty ones are), with its dotted path."""
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from leaves(inner, f"{path}.{key}" if path else key)
    elif isinstance(value, list) and value:
        for index, inner in enumerate(value):
            yield from leaves(inner, f"{path}.{index}" if path else str(index))
    elif path:
        yield path, value


def _sure(path: str, stated: JsonObject, by_tokens: Mapping[str, float]) -> Sure:
    if path in by_tokens:
        return Sure(confidence=by_tokens[path], kind="tokens")
    known = path
    while known:
        # what is said of a list or an object holds for what is in it
        number = stated.get(known)
        if isinstance(number, int | float) and not isinstance(number, bool):
            return Sure(confidence=float(number), kind="stated")
        known = known.rpartition(".")[0]
    return Sure(confidence=0.0, kind="none")


def _by_tokens(text: str, start: int, tokens: tuple[tuple[str, float], ...]) -> dict[str, float]:
    """Return for each leaf the probability of just the tokens that it was written with."""
    if "".join(token for token, _logprob in tokens) != text:
        # a server that cuts characters into tokens: places can't be told
        return {}
    places = []
    at = 0
    for token, logprob in tokens:
        places.append((at, at + len(token), logprob))
        at += len(token)
    found = {}
    for path, begin, end in spans(text, start):
        if path.startswith(f"{VALUES}."):
            sums = [logprob for left, right, logprob in places if left < end and right > begin]
            found[path.removeprefix(f"{VALUES}.")] = min(1.0, math.exp(min(0.0, sum(sums))))
    return found


def spans(text: str, start: int = 0) -> list[tuple[str, int, int]]:
    """Return path, beginning and end of each leaf of the (valid) JSON at `start`."""
    found: list[tuple[str, int, int]] = []
    _scan(text, _skip(text, start), "", found)
    return found


def _scan(text: str, at: int, path: str, found: list[tuple[str, int, int]]) -> int:
    if text[at] == "{" and text[_skip(text, at + 1)] != "}":
        return _scan_object(text, at + 1, path, found)
    if text[at] == "[" and text[_skip(text, at + 1)] != "]":
        return _scan_list(text, at + 1, path, found)
    _value, end = json.JSONDecoder().raw_decode(text, at)
    found.append((path, at, end))
    return end


def _scan_object(text: str, at: int, path: str, found: list[tuple[str, int, int]]) -> int:
    while True:
        key, at = json.JSONDecoder().raw_decode(text, _skip(text, at))
        at = _skip(text, _skip(text, at) + 1)  # past the colon
        at = _skip(text, _scan(text, at, f"{path}.{key}" if path else key, found))
        if text[at] == "}":
            return at + 1
        at += 1


def _scan_list(text: str, at: int, path: str, found: list[tuple[str, int, int]]) -> int:
    index = 0
    while True:
        inner = f"{path}.{index}" if path else str(index)
        at = _skip(text, _scan(text, _skip(text, at), inner, found))
        if text[at] == "]":
            return at + 1
        at, index = at + 1, index + 1


def _skip(text: str, at: int) -> int:
    while text[at] in " \t\r\n":
        at += 1
    return at


def _moved(schema: Any, *, at: str) -> Any:
    """Return `schema` for a place within another: what it points at in itself moves along."""
    if isinstance(schema, list):
        return [_moved(each, at=at) for each in schema]
    if not isinstance(schema, dict):
        return schema
    moved = {
        key: _moved(inner, at=at) for key, inner in schema.items() if key not in ("$schema", "$id")
    }
    reference = schema.get("$ref")
    if isinstance(reference, str) and reference.startswith("#"):
        moved["$ref"] = at + reference[1:]
    return moved
