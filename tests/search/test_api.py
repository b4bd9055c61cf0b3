"""Search and timelines by API: one folder, clear refusals, and who may call."""

import pytest

from apps.accounts.permissions import Action
from apps.accounts.roles import GRANTS, Role
from controlroom.api import api as ninja_api
from tests.factories import make_folder
from tests.factories_queues import make_queue
from tests.search.made import item_called

pytestmark = pytest.mark.django_db

CALLS = {("GET", "/search"), ("GET", "/timeline/{reference}")}
NO_NAMES = ["a" * 10_000, "a%00b", "a%0Ab", "%1b%5b"]


def test_every_call_is_tried_here():
    paths = ninja_api.get_openapi_schema()["paths"]
    ours = {
        (method.upper(), path.removeprefix("/api/v1"))
        for path, methods in paths.items()
        for method in methods
        if path.removeprefix("/api/v1").startswith(("/search", "/timeline"))
    }

    assert ours == CALLS


@pytest.mark.parametrize("role", Role.values)
def test_who_may_look_may_search(folder, program_with, role):
    item_called("A-1", folder)
    program, wanted = program_with(role), 200 if Action.VIEW in GRANTS[role] else 403

    assert program.get("/search?q=A-1").status_code == wanted
    assert program.get("/timeline/A-1").status_code == wanted


def test_a_search_answers_with_what_was_found(folder, api):
    item = item_called("A/1 b", folder)
    item_called("A/1 b", make_folder())

    found = api.get("/search?q=a/1").json()["items"]

    assert [(hit["kind"], hit["id"], hit["status"]) for hit in found] == [("item", item.pk, "new")]
    assert (found[0]["reference"], found[0]["url"]) == ("A/1 b", f"/items/{item.pk}/")
    named = api.get("/search?q=A/1%20b&kind=timeline").json()["items"]
    assert [(hit["kind"], hit["id"]) for hit in named] == [("timeline", None)]


def test_a_timeline_answers_with_origins_objects_and_pages_of_entries(folder, api):
    queue = make_queue(folder=folder)
    items = [item_called("A/1 b", folder, queue=queue) for _n in range(3)]

    first = api.get("/timeline/A/1%20b?limit=2").json()
    rest = api.get(f"/timeline/A/1%20b?limit=2&cursor={first['next_cursor']}").json()

    assert first["objects"] == [{"kind": "item", "id": each.pk} for each in reversed(items)]
    assert [entry["about"]["id"] for entry in [*first["items"], *rest["items"]]] == [
        each.pk for each in items
    ]
    assert (first["reference"], first["is_cut"], rest["next_cursor"]) == ("A/1 b", False, None)
    assert first["origins"][0][0]["id"] == items[-1].pk
    assert first["origins"][0][-1]["title"] == "Anna"


@pytest.mark.parametrize("said", NO_NAMES)
def test_what_is_no_name_is_refused(folder, api, said):
    answer = api.get(f"/search?q={said}")

    assert answer.status_code == 422
    assert "q" in {problem["path"] for problem in answer.json()["errors"]}
    assert len(answer.content) < 2_000
    assert api.get(f"/timeline/{said}").status_code == 404


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/search", 422), ("/search?q=", 200), ("/search?q=a&kind=ghost", 422),
        ("/search?q=a&n=0", 422), ("/search?q=a&n=51", 422), ("/search?q=a&n=x", 422),
        ("/search?q=9223372036854775808", 200), ("/timeline/A-1?cursor=forged", 400),
        ("/timeline/A-1?kind=ghost", 422), ("/timeline/A-1?limit=0", 422),
        ("/timeline/A-1?limit=99999", 422), ("/timeline/B-1", 404),
    ],
)  # fmt: skip
def test_bad_input_has_a_clear_answer(folder, api, path, status):
    item_called("A-1", folder)

    assert api.get(path).status_code == status


def test_a_timeline_of_another_folder_is_not_there(folder, api):
    item_called("S-1", make_folder())

    assert api.get("/timeline/S-1").status_code == 404
    assert api.get("/search?q=S-1").json() == {"items": []}
