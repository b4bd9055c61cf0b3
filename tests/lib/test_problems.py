"""What is wrong with a request is said in plain words, by field."""

from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any, Literal
from uuid import UUID

import pytest
from django.core.exceptions import ValidationError as ColumnError
from pydantic import AwareDatetime, BaseModel, Field, ValidationError
from pydantic_core import PydanticCustomError

from apps.lib.problems import column_problems, field_problems, sentence_of
from apps.queues.models import WorkQueue


class Colour(Enum):
    RED = "red"


class Sent(BaseModel):
    title: str = Field("", min_length=1, max_length=3)
    number: int = Field(1, ge=1)
    even: int = Field(2, multiple_of=2)
    style: Literal["", "danger"] = ""
    at: AwareDatetime | None = None
    day: date | None = None
    price: Decimal = Decimal(1)
    colour: Colour = Colour.RED
    token: UUID | None = None


def said(**values: Any) -> dict[str, str]:
    with pytest.raises(ValidationError) as raised:
        Sent(**values)
    return {each.path: each.message for each in field_problems(raised.value.errors())}


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("title", "", "must not be empty"),
        ("title", "long", "must have at most 3 characters, has 4"),
        ("title", 1, "must be text, got 1"),
        ("number", "x", "must be a whole number, got “x”"),
        ("number", 0, "must be at least 1"),
        ("even", 3, "must be a multiple of 2"),
        ("style", "loud", "must be one of: “”, danger; got “loud”"),
        ("at", "2026-03-31T17:00", "must be a time with its zone, such as"),
        ("at", "soon", "must be a time with its zone, such as"),
        ("day", "soon", "must be a date, such as 2026-03-31, got “soon”"),
        ("price", "dear", "must be a number, got “dear”"),
        ("colour", "blue", "is not a value that can be used here, got “blue”"),
        ("token", "x", "is not a value that can be used here, got “x”"),
    ],
)
def test_each_field_is_named_with_a_plain_sentence(field: str, value: Any, words: str) -> None:
    problems = said(**{field: value})

    assert list(problems) == [field]
    assert problems[field].startswith(words)


def test_sentences_of_our_own_are_told_as_they_are() -> None:
    error = PydanticCustomError("tour", "must begin on a Monday")

    words = sentence_of({"type": error.type, "msg": error.message(), "input": 1})

    assert words == "must begin on a Monday"


def test_what_a_column_refuses_is_said_in_the_same_words() -> None:
    queue = WorkQueue(key="Küche 1", title="", max_attempts=0, retry_backoff="never")

    with pytest.raises(ColumnError) as raised:
        queue.clean_fields(exclude=["folder"])

    problems = {each.path: each.message for each in column_problems(raised.value)}
    assert problems["key"] == (
        "use letters, digits, dashes and underscores, such as accounts-payable"
    )
    assert problems["title"] == "must not be empty"
    assert problems["max_attempts"] == "must be at least 1"
    assert problems["retry_backoff"] == "must be one of those that are allowed, got “never”"
