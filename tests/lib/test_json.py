"""The strict JSON parser: what could not be stored, or not be understood, is refused."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.lib.errors import MalformedError, TooLargeError
from apps.lib.json import parse_json

REFUSED = {
    "not JSON": (b'{"a": }', "not JSON"),
    "empty": (b"", "not JSON"),
    "two documents": (b"{} {}", "not JSON"),
    "NaN": (b'{"a": NaN}', "NaN is not a JSON number"),
    "Infinity": (b"[-Infinity]", "-Infinity is not a JSON number"),
    "a number too large for a float": (b'{"a": 1e400}', "a: the number is too large"),
    "a name twice": (b'{"a": 1, "a": 2}', "'a' stands twice"),
    "an integer of 65 bits": (b"[9223372036854775808]", "does not fit in 64 bits"),
    "an integer of 5000 digits": (b'{"a": ' + b"9" * 5000 + b"}", "does not fit in 64 bits"),
    "NUL": (b'{"a": {"b": "x\\u0000y"}}', "a.b: text must not contain NUL"),
    "NUL in a name": (b'{"a": {"x\\u0000": 1}}', "a: text must not contain NUL"),
    "half a surrogate pair": (b'{"a": ["\\ud800"]}', "a.0: text contains half"),
    "half a pair in a name": (b'{"\\udfff": 1}', "half of a surrogate pair"),
    "invalid UTF-8": (b'{"a": "\xff"}', "not UTF-8 (byte 7)"),
    "an overlong encoding": (b'"\xc0\x80"', "not UTF-8"),
    "UTF-16": ('{"a": 1}'.encode("utf-16"), "not UTF-8"),
    "a byte order mark": (b"\xef\xbb\xbf{}", "not JSON"),
    "nested 65 deep": (b"[" * 66 + b"]" * 66, "nested deeper than 64"),
    "nested 100000 deep": (b"[" * 100_000 + b"]" * 100_000, "nested deeper than 64"),
    "objects 100000 deep": (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "nested deeper than 64"),
    "a very long name": (b'{"' + b"x" * 257 + b'": 1}', "a name is longer than 256"),
}


@pytest.mark.parametrize(("body", "sentence"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_stored_or_understood_is_refused(body: bytes, sentence: str):
    with pytest.raises(MalformedError) as caught:
        parse_json(body, max_bytes=1_000_000)

    assert sentence in caught.value.message


def test_a_body_over_the_limit_is_too_large():
    with pytest.raises(TooLargeError):
        parse_json(b'"' + b"x" * 100 + b'"', max_bytes=100)


def test_what_is_fine_comes_out_as_it_went_in():
    body = '{"a": [1, -9223372036854775807, 1.5, "é 😀 \\n", null, true], "": {}}'

    assert parse_json(body.encode(), max_bytes=1000) == json.loads(body)


@given(st.binary(max_size=200))
def test_any_bytes_are_parsed_or_refused(body: bytes):
    try:
        value = parse_json(body, max_bytes=1000)
    except MalformedError:
        return
    assert json.loads(json.dumps(value)) == value
