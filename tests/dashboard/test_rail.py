"""The rail: groups of places that somebody may go to, each once something answers there."""

import re

import pytest
from django.conf import settings

from controlroom.shell import is_there

pytestmark = pytest.mark.django_db


def rail(client, address="/"):
    """Return the groups: a label, and the addresses under it."""
    page = client.get(address).text
    nav = page.split('<nav class="rail"')[1].split('<details class="menu rail-more">')[0]
    groups = nav.split('<li class="rail-group">')[1:]
    return {
        re.search(r'rail-label"[^>]*>([^<]+)<', group)[1]: re.findall(r'<a href="([^"]+)"', group)
        for group in groups
    }


def test_places_stand_in_groups(admin_client):
    groups = rail(admin_client)

    assert list(groups) == ["Watch", "Work", "Bots", "Look back", "Set up"]
    assert groups["Watch"][:2] == ["/", "/today/"]
    assert groups["Work"] == ["/inbox/", "/queues/", "/workflows/", "/triggers/", "/map/"]
    assert groups["Bots"] == ["/bots/", "/applications/", "/ai/"]


def test_every_place_answers(admin_client):
    for places in rail(admin_client).values():
        for place in places:
            assert admin_client.get(place).status_code == 200, place


def test_a_place_is_shown_once_something_answers_there():
    assert is_there("/queues/")
    assert not is_there("/nothing-here/")


def test_who_sets_nothing_up_sees_no_settings(business_client):
    groups = rail(business_client)

    assert "/settings/" not in sum(groups.values(), [])
    assert "/learning/" not in sum(groups.values(), [])
    if not settings.DEMO_ENABLED:
        assert "Set up" not in groups


@pytest.mark.parametrize(
    ("address", "current"),
    [("/", "/"), ("/overview/backlog/", "/"), ("/today/", "/today/"), ("/runs/", "/bots/")],
)
def test_it_says_where_one_is(admin_client, address, current):
    page = admin_client.get(address).text
    nav = page.split('<nav class="rail"')[1].split("</nav>")[0]
    marked = re.findall(r'<a href="([^"]+)"[^>]*aria-current="page"', nav, re.S)

    assert set(marked) == {current}


def test_no_key_means_two_places(admin_client):
    page = admin_client.get("/").text
    nav = page.split('<nav class="rail"')[1].split("</nav>")[0]
    keys = re.findall(r'data-key="([^"]+)"', nav)

    assert len(keys) == len(set(keys))
    assert {"g o", "g d", "g i", "g q", "g b"} <= set(keys)


def test_the_phone_has_few_places_and_the_rest_behind_more(admin_client):
    page = admin_client.get("/").text
    first = re.findall(r"<li>\s*<a href=\"([^\"]+)\"", page.split('<nav class="rail"')[1])
    more = page.split('<details class="menu rail-more">')[1].split("</details>")[0]

    assert first[:4] == ["/", "/inbox/", "/queues/", "/bots/"]
    assert "/today/" in more
    assert "/queues/" not in more
