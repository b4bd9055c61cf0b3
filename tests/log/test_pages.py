"""The page of the log: what it shows first, how it goes on, what it is taken along as."""

import json
import re
from urllib.parse import urlencode

import pytest
from django.urls import reverse

from apps.accounts.permissions import Rights
from apps.events.fragments import Audience, take_step
from apps.log import pages, tailing
from tests.factories import make_folder, make_person
from tests.factories_queues import make_item, make_queue
from tests.log.made import say, shown
from tests.log.test_asking import NONSENSE
from tests.search.made import make_run_in

pytestmark = pytest.mark.django_db

SCRIPT = "<script>alert(1)</script>"


@pytest.fixture
def short_pages(monkeypatch):
    monkeypatch.setattr(pages, "PAGE_LINES", 4)
    monkeypatch.setattr(pages, "LINES_ABOVE", 2)


def link(page, text):
    """Return the address of the link with that text; None if there is none."""
    found = re.search(rf'href="([^"]*)"[^>]*>{text}<', page)
    return found[1].replace("&amp;", "&") if found else None


def test_a_page_shows_the_end_and_follows_it(supervisor_client, folder):
    say(make_folder(), "theirs")
    say(folder, "one", SCRIPT, level="warning")

    page = supervisor_client.get("/log/").text

    assert shown(page) == ["one", "&lt;script&gt;alert(1)&lt;/script&gt;"]
    assert SCRIPT not in page
    assert 'data-live-data="log.tail"' in page
    assert re.search(r'data-live-cursor="[0-9a-f]+\.', page)


@pytest.mark.usefixtures("short_pages")
def test_pages_lead_to_what_came_before_and_after(supervisor_client, folder):
    say(folder, *[f"line {n}" for n in range(10)])

    last = supervisor_client.get("/log/").text
    assert shown(last) == ["line 6", "line 7", "line 8", "line 9"]
    before = supervisor_client.get(link(last, "Older lines")).text
    assert shown(before) == ["line 2", "line 3", "line 4", "line 5"]
    assert "data-live-data" not in before.partition('id="log-lines"')[2].partition(">")[0]
    again = supervisor_client.get(link(before, "Newer lines")).text
    assert shown(again) == shown(last)
    assert "data-live-data" in again.partition('id="log-lines"')[2].partition(">")[0]
    part = supervisor_client.get(link(last, "Older lines") + "&part=lines").text
    assert shown(part) == shown(before)
    assert "<html" not in part
    first = supervisor_client.get(link(before, "Older lines")).text
    assert shown(first) == ["line 0", "line 1"]
    assert link(first, "Older lines") is None


@pytest.mark.usefixtures("short_pages")
def test_the_link_of_a_line_shows_it_among_those_around_it(supervisor_client, folder):
    say(folder, *[f"line {n}" for n in range(10)])
    first = supervisor_client.get("/log/?q=line+4").text
    [address] = re.findall(r'class="log-link" href="([^"]*)"', first)

    page = supervisor_client.get(address.replace("&amp;", "&").replace("q=line+4&", "")).text

    assert shown(page) == ["line 2", "line 3", "line 4", "line 5"]
    assert re.search(r'data-log-anchor="line-\d+"', page)


@pytest.mark.usefixtures("short_pages")
def test_from_a_run_it_opens_at_the_first_error(supervisor_client, folder):
    run = make_run_in(folder)
    say(folder, *[f"line {n}" for n in range(5)], run_id=run.pk)
    say(folder, "broke", level="error", run_id=run.pk)
    say(folder, "broke again", "end", level="error", run_id=run.pk)

    page = supervisor_client.get(f"/log/?run={run.pk}&at=error").text
    assert shown(page) == ["line 3", "line 4", "broke", "broke again"]
    assert f"/log/?run={run.pk}&amp;at=error" in supervisor_client.get(f"/runs/{run.pk}/").text
    assert supervisor_client.get("/log/?run=999999&at=error").status_code == 200


def test_a_filter_survives_what_people_do(supervisor_client, folder):
    queue = make_queue(folder=folder)
    item = make_item(queue, reference="INV-7")
    say(folder, "read", level="warning", item_id=item.pk, attempt=1, fields={"vendor": "Acme"})
    query = urlencode({"q": "acme", "level": "info", "queue": queue.pk, "item": "INV-7"})

    page = supervisor_client.get(f"/log/?{query}").text

    assert shown(page) == ["read"]
    assert "vendor=Acme" in page
    assert reverse("items:item_detail", args=[item.pk]) in page
    assert 'value="acme"' in page
    for form in ("text", "ndjson"):
        assert f"format={form}" in page
    assert re.search(r"download/\?[^\"]*item=INV-7", page)


@pytest.mark.parametrize(("name", "text"), NONSENSE)
def test_nonsense_is_answered_with_a_sentence(supervisor_client, name, text):
    said = {name: text.encode("utf-8", "replace").decode()}
    answer = supervisor_client.get(f"/log/?{urlencode(said)}")
    download = supervisor_client.get(f"/log/download/?{urlencode(said)}")

    assert answer.status_code == (200 if text == "a\ud800" else 422)
    assert text == "a\ud800" or "be looked for" in answer.text
    assert download.status_code == answer.status_code
    download.close()


@pytest.mark.parametrize("name", ["at", "before", "after"])
@pytest.mark.parametrize("text", ["x", "1", "9" * 40 + ".1", "1.1.1", "%00"])
def test_a_forged_place_is_answered_with_a_sentence(supervisor_client, name, text):
    assert supervisor_client.get(f"/log/?{name}={text}").status_code == 422


def test_places_at_both_ends_of_time_are_empty_pages(supervisor_client, folder):
    say(folder, "one")

    assert shown(supervisor_client.get("/log/?before=0.1").text) == []
    assert shown(supervisor_client.get("/log/?after=99999999999999999.1").text) == []
    assert shown(supervisor_client.get("/log/?at=0.1").text) == ["one"]


def test_the_log_is_taken_along_as_text_and_as_json(supervisor_client, folder):
    say(make_folder(), "theirs")
    say(folder, "first\nsecond line", level="error", run_id=5, fields={"n": 1})
    say(folder, "other", run_id=6)

    text = b"".join(supervisor_client.get("/log/download/?run=5").streaming_content).decode()
    answer = supervisor_client.get("/log/download/?format=ndjson")
    lines = [json.loads(line) for line in b"".join(answer.streaming_content).splitlines()]

    assert re.fullmatch(r"\S+ ERROR   \[run=5\] first\n    second line \{\"n\":1\}\n", text)
    assert [line["message"] for line in lines] == ["first\nsecond line", "other"]
    assert answer.headers["Content-Type"] == "application/x-ndjson"
    assert 'filename="log.ndjson"' in answer.headers["Content-Disposition"]
    assert supervisor_client.get("/log/download/?format=exe").status_code == 422


def test_who_may_look_nowhere_sees_nothing(client_of, folder):
    say(folder, "ours")
    stranger = client_of(make_person("stranger"))

    answer = stranger.get("/log/")

    assert "ours" not in answer.text
    assert answer.status_code in (200, 403)
    assert b"ours" not in stranger.get("/log/download/").getvalue()


@pytest.mark.django_db(transaction=True)
def test_the_tail_is_for_those_who_may_look(folder):
    cursor = tailing.now()
    say(folder, SCRIPT)
    granted = frozenset({(folder.pk, frozenset({"view"}))})
    reader = Audience(Rights(granted), "en", "UTC")
    stranger = Audience(Rights(), "en", "UTC")

    step = take_step("log.tail", reader, cursor)

    assert step is not None
    assert step.data is not None
    [line] = step.data["lines"]
    assert SCRIPT not in line["html"]
    assert "&lt;script&gt;" in line["html"]
    assert take_step("log.tail", reader, step.cursor).data is None
    assert take_step("log.tail", stranger, cursor) is None
    assert take_step("log.tail:run=x", reader, cursor) is None
    assert take_step("log.tail", reader, "forged") is None


def test_an_empty_log_says_what_will_stand_there(supervisor_client):
    assert "Nobody has said anything yet" in supervisor_client.get("/log/").text
    assert "No line fits" in supervisor_client.get("/log/?level=error").text
