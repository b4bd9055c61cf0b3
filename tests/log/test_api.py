"""The log by API: one folder, clear refusals, who may read and who may write."""

import pytest

from apps.accounts.permissions import Action
from apps.accounts.roles import GRANTS, Role
from apps.bots.models import LogLine
from controlroom.api import api as ninja_api
from tests.factories import make_folder
from tests.factories_queues import make_item, make_queue
from tests.log.made import say
from tests.log.test_asking import NONSENSE
from tests.search.made import make_run_in

pytestmark = pytest.mark.django_db

CALLS = {("GET", "/log"), ("POST", "/log")}
LINE = {"message": "said"}


def test_every_call_is_tried_here():
    paths = ninja_api.get_openapi_schema()["paths"]
    ours = {(method.upper(), "/log") for method in paths["/api/v1/log"]}

    assert ours == CALLS


@pytest.mark.parametrize("role", Role.values)
def test_who_may_look_may_read_and_who_may_operate_may_write(folder, program_with, role):
    say(folder, "said")
    program = program_with(role)

    read = program.get("/log").status_code
    written = program.post("/log", {"lines": [LINE]}).status_code

    assert read == (200 if Action.VIEW in GRANTS[role] else 403)
    assert written == (201 if Action.OPERATE in GRANTS[role] else 403)
    assert LogLine.objects.count() == 1 + (written == 201)


@pytest.mark.parametrize("order", ["newest", "oldest"])
def test_a_log_is_read_page_by_page_in_either_order(folder, api, order):
    say(make_folder(), "theirs")
    say(folder, *[f"line {n}" for n in range(5)])

    read, cursor = [], ""
    while cursor is not None:
        found = api.get(f"/log?order={order}&limit=2&cursor={cursor}").json()
        read += [line["message"] for line in found["items"]]
        cursor = found["next_cursor"]

    wanted = [f"line {n}" for n in range(5)]
    assert read == (wanted if order == "oldest" else wanted[::-1])


def test_a_line_says_what_it_is_about(folder, api):
    item = make_item(make_queue(folder=folder), reference="INV-7")
    say(folder, "read", level="warning", item_id=item.pk, attempt=2, run_id=5, fields={"n": 1})
    say(folder, "else")

    [line] = api.get("/log?item=INV-7&level=warning&q=rea n&run=5").json()["items"]

    assert (line["level"], line["message"], line["attempt"]) == ("warning", "read", 2)
    assert (line["item_id"], line["queue_id"], line["run_id"]) == (item.pk, item.queue_id, 5)
    assert line["fields"] == {"n": 1}


def test_lines_are_handed_in_and_found_by_what_they_name(folder, api):
    item, run = make_item(make_queue(folder=folder)), make_run_in(folder)
    lines = [
        {**LINE, "at": "2026-03-01T10:00:00+01:00", "level": "error", "run": run.pk},
        {**LINE, "item": item.pk, "attempt": 3, "step": "post", "fields": {"total": "9.50"}},
        {**LINE, "correlation_id": "trace-1", "at": "2999-01-01T00:00:00Z"},
    ]

    assert api.post("/log", {"lines": lines}, Idempotency_Key="k1").json() == {"stored": 3}
    assert api.post("/log", {"lines": lines}, Idempotency_Key="k1").json() == {"stored": 3}

    [early] = api.get(f"/log?run={run.pk}&until=2026-03-02T00:00:00Z").json()["items"]
    assert early["at"].startswith("2026-03-01T09:00:00")
    assert early["bot_id"] == run.bot_id
    [about] = api.get(f"/log?item=%23{item.pk}&q=9.50").json()["items"]
    assert (about["attempt"], about["step"], about["queue_id"]) == (3, "post", item.queue_id)
    [traced] = api.get("/log?request=trace-1").json()["items"]
    assert not traced["at"].startswith("2999")
    assert LogLine.objects.count() == 3


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ({"message": 3}, "lines.0.message"),
        ({}, "lines.0.message"),
        ({"message": "x" * 8_001}, "lines.0.message"),
        ({**LINE, "level": "loud"}, "lines.0.level"),
        ({**LINE, "at": "now"}, "lines.0.at"),
        ({**LINE, "at": "2026-03-01T10:00:00"}, "lines.0.at"),
        ({**LINE, "run": 0}, "lines.0.run"),
        ({**LINE, "run": 10**12}, "lines.0.run"),
        ({**LINE, "item": 10**12}, "lines.0.item"),
        ({**LINE, "item": "7"}, "lines.0.item"),
        ({**LINE, "attempt": 0}, "lines.0.attempt"),
        ({**LINE, "step": "x" * 201}, "lines.0.step"),
        ({**LINE, "correlation_id": "x" * 101}, "lines.0.correlation_id"),
        ({**LINE, "fields": []}, "lines.0.fields"),
        ({**LINE, "secret": 1}, "lines.0.secret"),
    ],
)
def test_a_wrong_line_is_refused_with_its_number_and_field(api, line, field):
    refused = api.post("/log", {"lines": [line]})

    assert refused.status_code == 422
    assert refused.json()["errors"][0]["path"].endswith(field)
    assert LogLine.objects.count() == 0


@pytest.mark.parametrize("lines", [[], [LINE] * 1_001, None, "x"])
def test_neither_no_line_nor_too_many_are_taken(api, lines):
    assert api.post("/log", {"lines": lines}).status_code == 422


def test_lines_about_what_lies_in_another_folder_are_refused(folder, api):
    other = make_folder()
    item, run = make_item(make_queue(folder=other)), make_run_in(other)

    refused = api.post("/log", {"lines": [LINE, {**LINE, "item": item.pk, "run": run.pk}]})

    assert refused.status_code == 422
    said = {each["path"] for each in refused.json()["errors"]}
    assert said == {"lines.1.run", "lines.1.item"}
    assert LogLine.objects.count() == 0


@pytest.mark.parametrize(("name", "text"), [pair for pair in NONSENSE if pair[1].isprintable()])
def test_nonsense_in_a_filter_is_refused(api, name, text):
    from urllib.parse import urlencode

    refused = api.get(f"/log?{urlencode({name: text})}")

    assert refused.status_code in (414, 422)
    assert refused.status_code == 414 or name in refused.text


@pytest.mark.parametrize("cursor", ["x", "1", "1.2.3", "9" * 30 + ".1", "a" * 900])
def test_a_forged_cursor_is_refused(api, cursor):
    assert api.get(f"/log?cursor={cursor}").status_code == 400
    assert api.get("/log?order=sideways").status_code == 422
    assert api.get("/log?limit=100000").status_code == 422
