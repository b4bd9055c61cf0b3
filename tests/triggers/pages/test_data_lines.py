"""What a trigger hands over is written as lines, or as JSON; each way loses nothing."""

import pytest
from django.core.exceptions import ValidationError

from apps.triggers.forms.data import DataField, ItemsField

LINES = 'day = {date}\ntotal = 12.5\nurgent = true\nzip = "01234"\nnote = "12"\nnone = null'
SAID = {
    "day": "{date}", "total": 12.5, "urgent": True, "zip": "01234", "note": "12", "none": None,
}  # fmt: skip


def test_lines_are_read_as_people_mean_them():
    assert DataField(required=False).clean(LINES) == SAID
    assert DataField(required=False).clean("  \n") is None
    assert DataField(required=False).clean("link = a=b\n\nempty =") == {"link": "a=b", "empty": ""}


@pytest.mark.parametrize(
    "said",
    [
        SAID,
        {"text": '"quoted"', "padded": " x ", "number": "1e3", "word": "null"},
        {"nested": {"a": [1]}},
        {"a=b": 1},
        {"two lines": "a\nb"},
        {"{odd": 1},
        {" odd": 1},
    ],
)
def test_what_is_shown_is_read_as_the_same(said):
    field = DataField(required=False)

    assert field.clean(field.prepare_value(said)) == said


@pytest.mark.parametrize(
    "items",
    [
        [{"payload": {"day": "{date}"}}],
        [{"payload": {}}],
        [{"payload": {"day": "x"}, "reference": "r"}],
        [{"payload": {"a": 1}}, {"payload": {"a": 2}}],
    ],
)
def test_items_come_back_as_they_were(items):
    field = ItemsField(required=False)

    assert field.clean(field.prepare_value(items)) == items


def test_one_item_is_lines_and_needs_no_json():
    assert ItemsField(required=False).clean("day = {date}") == [{"payload": {"day": "{date}"}}]
    assert ItemsField(required=False).prepare_value([{"payload": {"day": "1"}}]) == 'day = "1"'


@pytest.mark.parametrize("wrong", ["no equals", "= 1", "{]", "[1, "])
def test_what_is_neither_is_refused(wrong):
    with pytest.raises(ValidationError):
        DataField(required=False).clean(wrong)
