"""The web process as a whole: static files, live connections, errors, headers."""

import gzip
import json
import urllib.error
import urllib.request

import pytest
from django.templatetags.static import static
from django.test import Client
from django.urls import path
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from apps.lib.errors import (
    ConflictError,
    FieldProblem,
    InvalidError,
    NotAllowedError,
    NotFoundError,
)
from controlroom.origins import is_same_origin
from tests.rooms import RunningRoom

REFUSALS = {
    "conflict": ConflictError("Somebody was first."),
    "invalid": InvalidError("Wrong.", fields=[FieldProblem("payload.total", "is not a number")]),
    "not-allowed": NotAllowedError("You need the role Supervisor."),
    "not-found": NotFoundError("There is no queue “x”."),
}


def refuse(request, name):
    raise REFUSALS[name]


def break_down(request):
    raise RuntimeError("a bug with a secret in it")


refuse.login_required = False
break_down.login_required = False

urlpatterns = [
    path("api/v1/refuse/<name>", refuse),
    path("refuse/<name>", refuse),
    path("api/v1/bug", break_down),
    path("bug", break_down),
]
handler404 = "controlroom.views.not_found"
handler500 = "controlroom.views.server_error"


@pytest.mark.urls(__name__)
@pytest.mark.django_db
@pytest.mark.parametrize("name", REFUSALS)
def test_what_the_domain_refuses_is_a_problem_document_for_programs(client: Client, name):
    answer = client.get(f"/api/v1/refuse/{name}")

    error = REFUSALS[name]
    assert answer.status_code == error.status
    assert answer["Content-Type"] == "application/problem+json"
    document = answer.json()
    assert document["status"] == error.status
    assert document["detail"] == error.message
    assert document.get("errors", []) == [
        {"path": field.path, "message": field.message} for field in error.fields
    ]


@pytest.mark.urls(__name__)
@pytest.mark.django_db
def test_a_bug_is_a_500_that_tells_programs_nothing(client: Client):
    client.raise_request_exception = False

    answer = client.get("/api/v1/bug")

    assert answer.status_code == 500
    assert answer.json()["code"] == "server_error"
    assert b"secret" not in answer.content


def test_a_page_that_was_never_there_is_404_in_both_worlds(running_room: RunningRoom):
    answers = {}
    for address in ("/api/v1/never-there", "/never-there"):
        with pytest.raises(urllib.error.HTTPError) as refusal:
            urllib.request.urlopen(running_room.url + address)
        answers[address] = refusal.value

    api, page = answers.values()
    assert (api.code, api.headers["Content-Type"]) == (404, "application/problem+json")
    assert json.loads(api.read())["status"] == 404
    assert (page.code, page.headers["Content-Type"]) == (404, "text/html; charset=utf-8")
    assert b"traceback" not in page.read().lower()


@pytest.mark.parametrize("address", ["/static/favicon.svg", static("favicon.svg")])
def test_static_files_are_served_hardened(running_room: RunningRoom, address):
    with urllib.request.urlopen(running_room.url + address) as answer:
        assert answer.headers["Content-Type"].startswith("image/svg+xml")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "Access-Control-Allow-Origin" not in answer.headers


def test_a_page_is_packed_for_those_who_say_they_can_unpack_it(running_room: RunningRoom):
    asked = {"Accept-Encoding": "gzip"}
    request = urllib.request.Request(f"{running_room.url}/sign-in/", headers=asked)

    with urllib.request.urlopen(request) as answer:
        assert answer.headers["Content-Encoding"] == "gzip"
        assert b"</html>" in gzip.decompress(answer.read())


def test_every_answer_has_a_request_id_and_pages_a_policy(running_room: RunningRoom):
    with urllib.request.urlopen(f"{running_room.url}/sign-in/") as answer:
        assert len(answer.headers["X-Request-ID"]) == 32
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert "server" not in answer.headers


@pytest.mark.parametrize(
    "origin",
    [
        pytest.param("http://evil.example", id="of another host"),
        pytest.param("http://127.0.0.1:1", id="of another port"),
        pytest.param(None, id="of nobody"),
    ],
)
def test_a_live_connection_from_a_foreign_page_is_denied(running_room: RunningRoom, origin):
    address = f"ws://127.0.0.1:{running_room.port}/ws/live/"

    with pytest.raises(InvalidStatus) as refusal, connect(address, origin=origin):
        pass

    assert refusal.value.response.status_code == 403


def test_a_live_connection_to_nowhere_is_denied(running_room: RunningRoom):
    address = f"ws://127.0.0.1:{running_room.port}/ws/elsewhere/"

    with pytest.raises(InvalidStatus) as refusal, connect(address, origin=running_room.url):
        pass

    assert refusal.value.response.status_code == 403


@pytest.mark.parametrize(
    ("public_url", "origin", "is_ours"),
    [
        pytest.param("", "http://room.test:8000", True, id="the same"),
        pytest.param("", "https://room.test:8000", False, id="another scheme"),
        pytest.param("", "http://room.test", False, id="another port"),
        pytest.param("", "null", False, id="an opaque one"),
        pytest.param("", "http://room.test:8000:9", False, id="a broken one"),
        pytest.param("https://robots.example", "https://robots.example", True, id="public"),
        pytest.param("https://robots.example", "https://robots.example:443", True, id="its port"),
        pytest.param("https://robots.example", "http://room.test:8000", False, id="not public"),
    ],
)
def test_an_origin_is_compared_by_scheme_host_and_port(settings, public_url, origin, is_ours):
    settings.PUBLIC_URL = public_url
    settings.ALLOWED_HOSTS = ["room.test"]
    headers = [(b"host", b"room.test:8000"), (b"origin", origin.encode())]

    assert is_same_origin({"scheme": "ws", "headers": headers}) is is_ours
