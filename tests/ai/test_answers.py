"""From what a model wrote to values, and how sure it is of each: never made up."""

import json
import math

import pytest

from apps.ai.answers import leaves, read_answer, read_object, schema_of_answer, spans
from apps.ai.exceptions import MalformedAnswerError
from apps.lib.schema import check_payload, check_schema

SCHEMA = {
    "type": "object",
    "required": ["total"],
    "properties": {
        "total": {"type": "number"},
        "vendor": {"type": "string"},
        "lines": {"type": "array", "items": {"$ref": "#/$defs/line"}},
    },
    "additionalProperties": False,
    "$defs": {"line": {"type": "object", "properties": {"amount": {"type": "number"}}}},
}


def read(answer, tokens=()):
    text = answer if isinstance(answer, str) else json.dumps(answer)
    return read_answer(text, SCHEMA, tokens=tokens)


def test_the_schema_that_is_asked_for_wraps_the_values_and_its_references_hold():
    wrapped = schema_of_answer(SCHEMA)

    assert check_schema(wrapped) == []
    good = {"values": {"total": 1, "lines": [{"amount": 2}]}, "confidence": {"total": 1}}
    assert check_payload(wrapped, good) == []
    bad = {"values": {"total": 1, "lines": [{"amount": "two"}]}, "confidence": {}}
    assert [each.path for each in check_payload(wrapped, bad)] == ["values.lines.0.amount"]


def test_what_the_model_states_counts_and_holds_for_what_is_inside():
    answer = read(
        {
            "values": {"total": 12, "vendor": "ACME", "lines": [{"amount": 5}, {"amount": 7}]},
            "confidence": {"total": 0.9, "lines": 0.5, "lines.1.amount": 0.25},
        }
    )

    found = {path: (sure.confidence, sure.kind) for path, sure in answer.confidences.items()}
    assert found == {
        "total": (0.9, "stated"),
        "vendor": (0.0, "none"),
        "lines.0.amount": (0.5, "stated"),
        "lines.1.amount": (0.25, "stated"),
    }


def test_probabilities_of_tokens_go_before_what_is_stated():
    pieces = ['{"values": {"total": ', "12", ".", "5", '}, "confidence": {"total": ', "1", "}}"]
    tokens = tuple((piece, math.log(0.5) if piece in "12.5" else 0.0) for piece in pieces)

    answer = read("".join(pieces), tokens)

    sure = answer.confidences["total"]
    assert sure.kind == "tokens"
    assert sure.confidence == pytest.approx(0.125)


def test_tokens_that_are_not_the_text_are_not_used():
    answer = read({"values": {"total": 1}, "confidence": {"total": 0.4}}, (("{", -0.1),))

    assert answer.confidences["total"].kind == "stated"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no JSON object"),
        ("I am sorry, Dave.", "no JSON object"),
        ("{", "not JSON"),
        ('{"values": {"total": NaN}, "confidence": {}}', "NaN"),
        ('{"values": {"total": 1}}', "confidence"),
        ('{"values": {"total": "much"}, "confidence": {}}', "values.total"),
        ('{"values": {"total": 1, "more": 1}, "confidence": {}}', "more"),
        ('{"values": {"total": 1}, "confidence": {"total": 1.5}}', "confidence.total"),
        ('{"values": {"total": 1}, "confidence": {"total": "high"}}', "confidence.total"),
        ('{"values": {"total": 1, "total": 2}, "confidence": {}}', "twice"),
        ('{"a":' * 3000, "not JSON"),
    ],
)
def test_what_is_not_as_asked_is_refused_and_says_why(text, said):
    with pytest.raises(MalformedAnswerError) as refused:
        read(text)

    assert said in refused.value.message


def test_words_and_fences_around_the_object_are_left_out():
    text = (
        'Here you are:\n```json\n{"values": {"total": 1}, "confidence": {"total": 1}}\n```\nBye {'
    )

    assert read(text).values == {"total": 1}
    assert read_object(text)[1] == text.index("{")


def test_leaves_are_named_by_their_place():
    value = {"a": {"b": [1, {"c": None}]}, "d": [], "e": {}}

    assert list(leaves(value)) == [("a.b.0", 1), ("a.b.1.c", None), ("d", []), ("e", {})]


def test_places_in_the_text_are_those_of_the_values():
    text = 'x { "a" : [ 1 , {"b":"two, \\"}"} ] , "c": {}, "d":true}'

    found = {path: text[start:end] for path, start, end in spans(text, 2)}

    assert found == {"a.0": "1", "a.1.b": '"two, \\"}"', "c": "{}", "d": "true"}
