"""Under a language with decimal commas: what machines read keeps its points, and its ISO dates."""

import json
import re
from html.parser import HTMLParser

import pytest

from tests.flows.test_every_page import PAGES

SPEAK = """
from apps.accounts.models import User
User.objects.filter(username="admin").update(language={!r})
"""
# what style sheets, drawings and controls read as numbers; our paths have no commas of their own
NUMBERS = {
    *("style", "width", "height", "x", "y", "x1", "x2", "y1", "y2", "dx", "dy", "cx", "cy", "r"),
    *("rx", "ry", "d", "transform", "viewbox", "stroke-width", "offset", "opacity"),
    *("min", "max", "step", "low", "high", "optimum", "datetime"),
}
COMMA = re.compile(r"\d,\d")
POINT = re.compile(r"-?\d+(\.\d+)?,-?\d+(\.\d+)?")
ONLY_A_NUMBER = re.compile(r"-?\d+,\d+")
TIMES = {
    "date": re.compile(r"\d{4}-\d\d-\d\d"),
    "month": re.compile(r"\d{4}-\d\d"),
    "time": re.compile(r"\d\d:\d\d(:\d\d)?"),
    "datetime-local": re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?"),
}


class Reader(HTMLParser):
    """Collects the attributes that no browser or script of ours would understand."""

    def __init__(self):
        super().__init__()
        self.wrong = []

    def handle_starttag(self, tag, attrs):
        named = {name: value or "" for name, value in attrs}
        for name, value in named.items():
            if is_wrong(tag, name, value, named):
                self.wrong.append(f"<{tag} {name}={value[:80]!r}>")


def is_wrong(tag, name, value, named):
    if name == "data-series":
        return not is_json(value)
    elif name == "points":
        return not all(map(POINT.fullmatch, value.split()))
    elif name in NUMBERS:
        return bool(COMMA.search(value))
    elif name.startswith("data-"):
        return bool(ONLY_A_NUMBER.fullmatch(value))
    else:
        return name == "value" and bool(value) and is_wrong_value(tag, value, named.get("type", ""))


def is_wrong_value(tag, value, kind):
    if kind in TIMES:
        return not TIMES[kind].fullmatch(value)
    is_number = kind in {"number", "range", "hidden"} or tag != "input"
    return is_number and bool(ONLY_A_NUMBER.fullmatch(value))


def is_json(value):
    try:
        json.loads(value)
    except ValueError:
        return False
    return True


def wrong_in(page):
    reader = Reader()
    reader.feed(page)
    return reader.wrong


@pytest.mark.parametrize(
    "page",
    [
        '<rect x="1,5"/>', '<progress value="12,5" max="100">', '<div data-share="0,5">',
        '<input type="date" value="23.11.2026">', '<input type="number" value="-0,25">',
        "<div data-series='{\"x\": 1,5}'>", '<svg viewBox="0 0 10,5 3">',
        '<polyline points="1,5,2 3,2"/>',
    ],
)  # fmt: skip
def test_the_reader_sees_what_is_wrong(page):
    assert wrong_in(page)


@pytest.mark.parametrize(
    "page",
    [
        '<rect x="1.5" d="M 1 2.5 L 3 4"/>', '<progress value="12.5" max="100">',
        '<input type="text" value="12,5">', '<input type="date" value="2026-11-23">',
        '<p title="12,5 %">12,5</p>',
        '<polyline points="0,120 1.5,-2.25"/>',
    ],
)  # fmt: skip
def test_the_reader_leaves_alone_what_is_for_people(page):
    assert wrong_in(page) == []


@pytest.fixture
def in_german(running_room):
    running_room.manage("shell", "-c", SPEAK.format("de"))
    yield
    running_room.manage("shell", "-c", SPEAK.format("en"))


def test_no_number_or_date_for_machines_is_written_as_for_people(page_of, numbers, in_german):
    page, faults = page_of("admin"), {}
    for address in PAGES:
        answer = page.request.get(address.format(**numbers))
        body = answer.text()
        assert '<html lang="de"' in body, address
        if found := wrong_in(body):
            faults[address] = found[:5]

    assert not faults, json.dumps(faults, indent=1)
