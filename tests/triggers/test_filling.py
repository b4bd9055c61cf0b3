"""Places in targets: filled in with times and with what happened."""

from datetime import UTC, datetime

import pytest

from apps.lib.errors import InvalidError
from apps.triggers.filling import filled, is_within, places_of

AT = datetime(2026, 3, 31, 5, tzinfo=UTC)
EVENT = {"id": 7, "body": {"total": 12.5, "lines": [{"sku": "A"}], "note": None, "text": "{date}"}}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{event.body.total}", 12.5),
        ("{event.body.lines}", [{"sku": "A"}]),
        ("{event.body.lines.0.sku}", "A"),
        ("{event.body.note}", None),
        ("{event}", EVENT),
        ("order {event.id}: {event.body.lines}", 'order 7: [{"sku":"A"}]'),
        ("[{event.body.note}]", "[]"),
        ("{date} {event.body.text}", "2026-03-31 {date}"),
        ("{planned_at}", "2026-03-31T07:00:00+02:00"),
        ("{other} {event..} {events.x}", "{other} {event..} {events.x}"),
    ],
)
def test_a_place_alone_keeps_its_type_and_is_written_out_within_a_text(text, value):
    target = {"payload": {"it": [text]}}

    assert filled(target, AT, "Europe/Berlin", EVENT) == {"payload": {"it": [value]}}


@pytest.mark.parametrize(
    "text",
    ["{event.none}", "{event.body.lines.1}", "{event.body.total.x}", "a {event.body.lines.x}"],
)
def test_what_is_not_there_is_named(text):
    with pytest.raises(InvalidError, match="has no “event"):
        filled({"it": text}, AT, "UTC", EVENT)


def test_without_an_event_its_places_stay_as_they_are():
    assert filled({"it": "{event.id} {date}"}, AT, "UTC") == {"it": "{event.id} 2026-03-31"}


def test_problems_at_places_wait_until_they_are_filled():
    target = {"variables": {"n": "{event.n}", "m": [1, "x {event.m}"]}, "key": "k"}
    places = list(places_of(target))

    assert places == ["variables.n", "variables.m.1"]
    assert is_within("variables.n", places)
    assert is_within("variables", places)
    assert not is_within("variables.other", places)
    assert not is_within("key", places)
