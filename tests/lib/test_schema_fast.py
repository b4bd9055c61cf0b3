"""The quick yes to data: never said where the full check finds a problem."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from apps.lib.schema import (
    compile_schema,
)
from apps.lib.schema.fast import compile_quick

SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 3), st.floats(-3, 3), st.sampled_from(["", "a", "ab"])
)

VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
    ),
    max_leaves=6,
)

KEYWORDS = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(
            ["string", "number", "integer", "object", "array", ["null", "boolean"]]
        ),
        "enum": st.lists(SCALARS, min_size=1, max_size=3),
        "const": SCALARS,
        "minimum": st.integers(-2, 2),
        "exclusiveMaximum": st.integers(-2, 2),
        "multipleOf": st.sampled_from([1, 2, 0.5]),
        "minLength": st.integers(0, 2),
        "pattern": st.sampled_from(["a", "^b?$"]),
        "minItems": st.integers(0, 2),
        "uniqueItems": st.booleans(),
        "maxProperties": st.integers(0, 2),
        "required": st.lists(st.sampled_from("abc"), unique=True),
        "format": st.sampled_from(["date", "email", "unheard-of"]),
    },
)

SCHEMAS = st.recursive(
    st.one_of(st.booleans(), KEYWORDS),
    lambda inner: st.builds(
        lambda base, more: {**base, **more},
        KEYWORDS,
        st.fixed_dictionaries(
            {},
            optional={
                "properties": st.dictionaries(st.sampled_from("abc"), inner, max_size=2),
                "patternProperties": st.dictionaries(
                    st.sampled_from(["a", "[bc]"]), inner, max_size=1
                ),
                "additionalProperties": inner,
                "items": inner,
                "prefixItems": st.lists(inner, min_size=1, max_size=2),
                "anyOf": st.lists(inner, min_size=1, max_size=2),
            },
        ),
    ),
    max_leaves=4,
)


@given(SCHEMAS, VALUES)
def test_the_quick_yes_is_never_wrong(schema: Any, value: Any):
    checker = compile_schema(schema)

    if compile_quick(schema)(value):
        assert list(checker.validator.iter_errors(value)) == []
    else:
        assert all(each.message for each in checker.problems(value))
