"""What probes and scrapers see."""

import pytest
from django.test import Client

from controlroom.heartbeats import beat
from tests.factories import make_folder


def test_healthz_answers_without_a_database(client: Client):
    answer = client.get("/healthz")

    assert answer.status_code == 200
    assert answer.json()["status"] == "ok"


@pytest.mark.django_db
def test_readyz_is_degraded_but_200_while_the_helpers_have_not_started(client: Client):
    answer = client.get("/readyz")

    assert answer.status_code == 200
    assert answer.json()["status"] == "degraded"
    assert answer.json()["parts"]["redis"]["state"] == "ok"
    assert answer.json()["parts"]["scheduler"] == {
        "state": "degraded",
        "reason": "No scheduler has run yet.",
        "seconds": None,
    }


@pytest.mark.django_db
def test_readyz_believes_a_fresh_heartbeat(client: Client):
    beat("scheduler")

    answer = client.get("/readyz")

    assert answer.json()["parts"]["scheduler"]["state"] == "ok"


@pytest.mark.django_db
def test_metrics_tell_of_the_process_and_of_the_work(client: Client):
    make_folder()

    answer = client.get("/metrics")

    assert answer.status_code == 200
    assert b"process_resident_memory_bytes" in answer.content
    assert b"controlroom_items" in answer.content


@pytest.mark.django_db
def test_metrics_can_be_kept_behind_a_token(client: Client, settings):
    settings.METRICS_TOKEN = "known to prometheus"

    stranger = client.get("/metrics")
    friend = client.get("/metrics", headers={"Authorization": "Bearer known to prometheus"})

    assert (stranger.status_code, friend.status_code) == (401, 200)


def test_probes_may_call_us_by_any_name(client: Client):
    answer = client.get("/healthz", headers={"Host": "10.1.2.3:8000"})

    assert answer.status_code == 200
