"""Personal values that a schema names: found, masked, and put back."""

from typing import Any

from apps.lib.schema import (
    mask,
    personal_paths,
    unmask,
)

PERSONAL = {
    "$defs": {"phone": {"type": "string", "x-personal": True}},
    "properties": {
        "name": {"x-personal": True},
        "contacts": {"items": {"properties": {"phone": {"$ref": "#/$defs/phone"}}}},
        "total": {"type": "number"},
        "address": {"allOf": [{"x-personal": True}]},
        "parent": {"$ref": "#"},
    },
}


def test_personal_paths_follow_references_and_end():
    assert personal_paths(PERSONAL) == ["address", "contacts.*.phone", "name"]
    assert personal_paths({}) == []


def test_mask_hides_personal_values_wherever_they_stand():
    payload: Any = {
        "name": "Ada",
        "total": 3,
        "contacts": [{"phone": "1"}, {"phone": None, "kind": "home"}],
        "address": {"street": "Main"},
        "parent": {"name": "Byron", "parent": {"name": "x"}},
    }

    assert mask(payload, PERSONAL) == {
        "name": "•••",
        "total": 3,
        "contacts": [{"phone": "•••"}, {"phone": None, "kind": "home"}],
        "address": "•••",
        "parent": {"name": "•••", "parent": {"name": "•••"}},
    }
    assert payload["name"] == "Ada"


def test_masks_that_come_back_are_put_back():
    payload: Any = {"name": "Ada", "total": 3, "contacts": [{"phone": "1"}]}
    sent = mask(payload, PERSONAL) | {"total": 4, "contacts": [{"phone": "•••"}, {"phone": "2"}]}

    assert unmask(sent, payload, PERSONAL) == {
        "name": "Ada",
        "total": 4,
        "contacts": [{"phone": "1"}, {"phone": "2"}],
    }
