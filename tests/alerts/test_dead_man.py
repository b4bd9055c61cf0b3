"""A check elsewhere hears whether anybody watches."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from apps.alerts.models import Watch
from apps.alerts.upkeep import ping
from apps.lib.clock import database_now
from apps.notices.models import Notice
from tests.factories_alerts import look_now

pytestmark = pytest.mark.django_db


@contextmanager
def outside_check(status: int = 200) -> Iterator[tuple[str, list[str]]]:
    """A service elsewhere that waits for calls: its address, and what it was asked for."""
    heard: list[str] = []

    class Check(BaseHTTPRequestHandler):
        def do_GET(self):
            heard.append(self.path)
            self.send_response(status)
            self.end_headers()

        def log_message(self, *said):
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Check)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/secret-path", heard
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_it_says_that_nobody_watches(client):
    answer = client.get("/watchz")

    assert answer.status_code == 503
    assert "scheduler" in answer.json()["reason"]


def test_it_says_that_all_is_well_while_rules_are_looked_at(client):
    look_now()

    assert client.get("/watchz").json() == {"status": "ok"}
    Watch.objects.update(looked_at=database_now() - timedelta(seconds=61))
    assert client.get("/watchz").status_code == 503


def test_messages_that_do_not_go_out_are_noticed(client, supervisor):
    look_now()
    late = database_now() - timedelta(minutes=11)
    Notice.objects.create(user=supervisor, kind="alert", title="A", ready_at=late)

    assert "worker" in client.get("/watchz").json()["reason"]


def test_the_outside_check_is_called_once_a_minute(settings):
    look_now()
    with outside_check() as (address, heard):
        settings.HEARTBEAT_URL = address

        assert [ping(), ping()] == [1, 0]
        Watch.objects.update(pinged_at=database_now() - timedelta(seconds=61))
        assert ping() == 1

    assert heard == ["/secret-path"] * 2


def test_it_is_not_called_while_nobody_watches(settings):
    with outside_check() as (address, heard):
        settings.HEARTBEAT_URL = address
        assert ping() == 0
        look_now()
        Watch.objects.update(looked_at=database_now() - timedelta(minutes=5))
        assert ping() == 0

    assert heard == []


def test_a_call_that_failed_is_made_again_and_its_address_stays_secret(settings, capfd):
    look_now()
    with outside_check(status=500) as (address, heard):
        settings.HEARTBEAT_URL = address
        assert [ping(), ping()] == [0, 0]
        assert len(heard) == 2
        assert Watch.objects.get().ping_error == "HTTP 500"

    assert ping() == 0
    assert Watch.objects.get().ping_error == "ConnectError"
    assert "secret-path" not in "".join(capfd.readouterr())
