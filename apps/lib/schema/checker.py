"""Compiled schemas, and the two questions that the rest of the house asks."""

from collections.abc import Iterator
from functools import lru_cache
from itertools import chain, islice
from typing import Any

import orjson
from django.utils.translation import gettext as _
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from referencing import Registry

from apps.lib.errors import FieldProblem, InvalidError

from .fast import compile_quick
from .keywords import MAX_REFERENCES, TooMuchWorkError, Validator, references_left
from .limits import limit_problems
from .structure import Schema
from .words import problems_of

MAX_PROBLEMS = 50
MAX_REMEMBERED = 256
MAX_REMEMBERED_BYTES = 100_000

# schemas that can be used, as canonical JSON: the oldest go first
_usable: dict[bytes | None, None] = {}


class Checker:
    """A schema made ready to check many values."""

    def __init__(self, schema: Schema) -> None:
        self.quick = compile_quick(schema)
        # an empty registry: nothing is ever fetched
        self.validator = Validator(schema, registry=Registry())

    def is_valid(self, payload: Any) -> bool:
        return self.quick(payload) or not self.problems(payload)

    def problems(self, payload: Any, *, at: str = "") -> list[FieldProblem]:
        """Return what is wrong, at most MAX_PROBLEMS; `at` goes before each path."""
        if self.quick(payload):
            return []
        references_left.set([MAX_REFERENCES])
        try:
            found = list(islice(_explained(self.validator.iter_errors(payload)), MAX_PROBLEMS))
        except (TooMuchWorkError, RecursionError):
            found = [FieldProblem("", _("is too deeply nested to be checked"))]
        return [FieldProblem(_joined(at, each.path), each.message) for each in found]


def compile_schema(schema: Any) -> Checker:
    """Return the checker of `schema`; kept, so asking again is cheap. Raises InvalidError."""
    return _compile(_canonical(schema))


def check_payload(schema: Any, payload: Any, *, at: str = "") -> list[FieldProblem]:
    """Return what is wrong with `payload`: the dotted path of each field and what it must be."""
    return compile_schema(schema).problems(payload, at=at) if schema else []


def check_schema(schema: Any, *, at: str = "") -> list[FieldProblem]:
    """Return why `schema` can't be used: not JSON Schema, too large, fetching, or slow.

    That nothing is wrong is remembered: forms ask each time they are drawn.
    """
    canonical = _canonical_or_none(schema)
    if canonical in _usable:
        return []
    found = _check_schema(schema, at=at)
    if not found and canonical is not None:
        _usable[canonical] = None
        while len(_usable) > MAX_REMEMBERED:
            _usable.pop(next(iter(_usable)), None)
    return found


def _check_schema(schema: Any, *, at: str) -> list[FieldProblem]:
    try:
        found = list(islice(_schema_problems(schema), MAX_PROBLEMS))
    except RecursionError:
        found = [FieldProblem("", _("is nested too deep, or refers to itself"))]
    return [FieldProblem(_joined(at, each.path), each.message) for each in found]


def require_schema(schema: Any, *, at: str = "") -> None:
    """Raise InvalidError, naming each field, if `schema` can't be used."""
    problems = check_schema(schema, at=at)
    if problems:
        first = problems[0]
        raise InvalidError(f"{first.path}: {first.message}.", fields=problems)


@lru_cache(maxsize=256)
def _compile(canonical: bytes) -> Checker:
    schema = orjson.loads(canonical)
    problems = check_schema(schema)
    if problems:
        raise InvalidError(_("The schema of the data can't be used."), fields=problems)
    # `$schema` could make jsonschema leave our safe keywords for its own
    return Checker(_without_dialect(schema))


def _schema_problems(schema: Any) -> Iterator[FieldProblem]:
    if not isinstance(schema, dict | bool):
        yield FieldProblem("", _("must be an object"))
        return
    against_standard = _explained(_META.iter_errors(_without_dialect(schema)))
    first = next(against_standard, None)
    if first is None:
        yield from limit_problems(schema)
    else:
        yield from chain([first], against_standard)


def _explained(errors: Iterator[ValidationError]) -> Iterator[FieldProblem]:
    """Yield each problem once, however many ways lead to it."""
    seen: set[FieldProblem] = set()
    for error in errors:
        for problem in problems_of(error):
            if problem not in seen:
                seen.add(problem)
                yield problem


def _without_dialect(schema: Schema) -> Schema:
    if isinstance(schema, bool):
        return schema
    return {keyword: value for keyword, value in schema.items() if keyword != "$schema"}


def _canonical(schema: Any) -> bytes:
    try:
        return orjson.dumps(schema, option=orjson.OPT_SORT_KEYS)
    except (TypeError, ValueError) as error:
        raise InvalidError(
            _("The schema of the data is not JSON: %(error)s") % {"error": error}
        ) from None


def _canonical_or_none(schema: Any) -> bytes | None:
    """Return the schema as bytes to remember it by; None for what is no JSON, or very large."""
    try:
        canonical = orjson.dumps(schema, option=orjson.OPT_SORT_KEYS)
    except (TypeError, ValueError):
        return None
    return canonical if len(canonical) <= MAX_REMEMBERED_BYTES else None


def _joined(at: str, path: str) -> str:
    return f"{at}.{path}" if at and path else at or path


_META = Draft202012Validator(Draft202012Validator.META_SCHEMA)
