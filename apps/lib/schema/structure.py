"""How a schema is made: its subschemas, and where its references lead."""

from collections.abc import Iterator
from typing import Any, TypeAlias
from urllib.parse import unquote

Schema: TypeAlias = "dict[str, Any] | bool"
Tokens: TypeAlias = tuple[str, ...]

# these look at the same value as the schema they stand in; the others look at a part of it
IN_PLACE_ONE = ("not", "if", "then", "else")
IN_PLACE_MANY = ("allOf", "anyOf", "oneOf")
ONE = (
    *IN_PLACE_ONE,
    "additionalProperties",
    "items",
    "contains",
    "propertyNames",
    "unevaluatedItems",
    "unevaluatedProperties",
    "contentSchema",
)
MANY = (*IN_PLACE_MANY, "prefixItems")
NAMED = ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas")


def subschemas(schema: Schema) -> Iterator[tuple[Tokens, Schema]]:
    """Yield the schemas directly inside `schema` with the way to each."""
    if isinstance(schema, bool):
        return
    for keyword in ONE:
        if _is_schema(schema.get(keyword)):
            yield (keyword,), schema[keyword]
    for keyword in MANY:
        if isinstance(inner := schema.get(keyword), list):
            yield from (
                ((keyword, str(i)), each) for i, each in enumerate(inner) if _is_schema(each)
            )
    for keyword in NAMED:
        if isinstance(inner := schema.get(keyword), dict):
            yield from (((keyword, name), each) for name, each in inner.items() if _is_schema(each))


def in_place(schema: Schema) -> Iterator[Schema]:
    """Yield the subschemas that judge the same value as `schema`, references apart."""
    for tokens, inner in subschemas(schema):
        if tokens[0] in (*IN_PLACE_ONE, *IN_PLACE_MANY, "dependentSchemas"):
            yield inner


def tokens_of(reference: str) -> Tokens | None:
    """Return the way that a reference like `#/$defs/address` names; None for any other kind."""
    if reference == "#":
        return ()
    if not reference.startswith("#/"):
        return None
    parts = unquote(reference[2:]).split("/")
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in parts)


def follow(root: Schema, reference: Any) -> Schema:
    """Return the schema that `reference` names inside `root`; True (anything goes) if none."""
    tokens = tokens_of(reference) if isinstance(reference, str) else None
    if tokens is None:
        return True
    found: Any = root
    for token in tokens:
        if isinstance(found, dict) and token in found:
            found = found[token]
        elif isinstance(found, list) and token.isdigit() and int(token) < len(found):
            found = found[int(token)]
        else:
            return True
    return found if _is_schema(found) else True


def _is_schema(value: Any) -> bool:
    return isinstance(value, dict | bool)
