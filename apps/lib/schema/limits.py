"""What a schema may be, beyond the standard: small, self-contained, and quick to check against."""

from collections.abc import Iterator
from typing import Any

import orjson
from django.utils.translation import gettext as _

from apps.lib.errors import FieldProblem

from .patterns import ENDLESS, UnsafePatternError, compile_pattern
from .structure import Schema, Tokens, follow, in_place, subschemas, tokens_of

MAX_BYTES = 256 * 1024
MAX_DEPTH = 32
MAX_SUBSCHEMAS = 5_000
MAX_CHECKS_IN_PLACE = 1_000  # schemas that judge one value, references followed
MAX_PROPERTY_NAME = 256  # see apps.lib.json
SHORT_TEXT = 32  # a pattern that can't be matched with this much is of no use


def limit_problems(schema: Schema) -> Iterator[FieldProblem]:
    """Yield what makes `schema` unusable here; assumes that it is JSON."""
    if len(orjson.dumps(schema)) > MAX_BYTES:
        yield FieldProblem("", _("is larger than %(n)d kB") % {"n": MAX_BYTES // 1024})
        return
    found: dict[Tokens, Schema] = {}
    problem = _collect(schema, (), found, depth=0)
    if problem is not None:
        yield problem
        return
    for tokens, inner in found.items():
        yield from _own_problems(inner, tokens, found)
    yield from _loops(schema, found)


def _collect(
    schema: Schema, tokens: Tokens, found: dict[Tokens, Schema], *, depth: int
) -> FieldProblem | None:
    found[tokens] = schema
    if len(found) > MAX_SUBSCHEMAS:
        return FieldProblem("", _("has more than %(n)d parts") % {"n": MAX_SUBSCHEMAS})
    if depth > MAX_DEPTH:
        return FieldProblem(
            ".".join(tokens[:6]) + "…", _("is nested deeper than %(n)d levels") % {"n": MAX_DEPTH}
        )
    for way, inner in subschemas(schema):
        problem = _collect(inner, (*tokens, *way), found, depth=depth + 1)
        if problem is not None:
            return problem
    return None


def _own_problems(
    schema: Schema, tokens: Tokens, found: dict[Tokens, Schema]
) -> Iterator[FieldProblem]:
    if isinstance(schema, bool):
        return
    yield from _reference_problems(schema, tokens, found)
    for keyword in ("$dynamicRef", "$recursiveRef"):
        if keyword in schema:
            yield _at(tokens, keyword, _("is not supported; use $ref"))
    for keyword in ("$id", "$schema"):
        if tokens and keyword in schema:
            yield _at(tokens, keyword, _("may only stand at the top"))
    for way, pattern, longest_text in _patterns(schema):
        yield from _pattern_problems(pattern, (*tokens, *way), longest_text=longest_text)


def _patterns(schema: dict[str, Any]) -> Iterator[tuple[Tokens, str, int]]:
    """Yield each pattern with its place and the longest text that it must be able to match."""
    if isinstance(pattern := schema.get("pattern"), str):
        yield ("pattern",), pattern, SHORT_TEXT
    if isinstance(patterns := schema.get("patternProperties"), dict):
        yield from ((("patternProperties", each), each, MAX_PROPERTY_NAME) for each in patterns)


def _reference_problems(
    schema: dict[str, Any], tokens: Tokens, found: dict[Tokens, Schema]
) -> Iterator[FieldProblem]:
    if "$ref" not in schema:
        return
    reference = schema["$ref"]
    way = tokens_of(reference) if isinstance(reference, str) else None
    if way is None:
        yield _at(
            tokens,
            "$ref",
            _("must point into this schema, as in #/$defs/address; nothing is fetched"),
        )
    elif way not in found:
        yield _at(tokens, "$ref", _("points at nothing in this schema"))


def _pattern_problems(pattern: str, tokens: Tokens, *, longest_text: int) -> Iterator[FieldProblem]:
    try:
        max_length = compile_pattern(pattern).max_length
    except UnsafePatternError as error:
        yield FieldProblem(".".join(tokens), str(error))
    else:
        if max_length < longest_text:
            yield FieldProblem(".".join(tokens), _("could take too long to match; make it simpler"))


def _loops(schema: Schema, found: dict[Tokens, Schema]) -> Iterator[FieldProblem]:
    """Yield a problem if judging one value could go round for ever, or grow without bound."""
    weights: dict[int, int] = {}
    for tokens, inner in found.items():
        weight = _weight(schema, inner, weights, frozenset())
        if weight > MAX_CHECKS_IN_PLACE:
            reason = _("refers to itself") if weight >= ENDLESS else _("branches too often")
            yield FieldProblem(".".join(tokens), reason)
            return


def _weight(root: Schema, schema: Schema, known: dict[int, int], above: frozenset[int]) -> int:
    """Return how many schemas judge a value that `schema` judges, itself included."""
    if isinstance(schema, bool):
        return 1
    if id(schema) in above:
        return ENDLESS
    if id(schema) not in known:
        inner = list(in_place(schema))
        if "$ref" in schema:
            inner.append(follow(root, schema["$ref"]))
        deeper = above | {id(schema)}
        weights = [_weight(root, each, known, deeper) for each in inner]
        total = min(1 + sum(weights), MAX_CHECKS_IN_PLACE + 1)
        known[id(schema)] = ENDLESS if ENDLESS in weights else total
    return known[id(schema)]


def _at(tokens: Tokens, keyword: str, message: str) -> FieldProblem:
    return FieldProblem(".".join((*tokens, keyword)), message)
