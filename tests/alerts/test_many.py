"""Many alerts are acknowledged together; what somebody was first at, or is not ours, is left."""

import pytest
from django.urls import reverse

from apps.alerts import lifecycle
from apps.alerts.models import Alert
from apps.events.models import Event
from tests.factories import make_folder
from tests.factories_alerts import make_alert
from tests.factories_queues import ANNA

pytestmark = pytest.mark.django_db

CHOSEN = reverse("alerts:acknowledge_chosen")
Status = Alert.Status


def statuses() -> dict[int, str]:
    return dict(Alert.objects.order_by("pk").values_list("pk", "status"))


def acknowledged_events() -> int:
    return Event.objects.filter(kind="alert.acknowledged").count()


@pytest.fixture
def four(folder) -> list[Alert]:
    """Two that fire, one that Anna took, and one of another folder."""
    made = [make_alert(folder), make_alert(folder), make_alert(folder), make_alert(make_folder())]
    lifecycle.acknowledge(made[2], by=ANNA)
    return made


def test_the_chosen_ones_are_taken_at_once(four, supervisor_client):
    ids = [alert.pk for alert in four]

    answer = supervisor_client.post(
        CHOSEN, {"ids": ids}, headers={"referer": "http://testserver/alerts/?severity=warning"}
    )

    assert answer.headers["Location"] == "/alerts/?severity=warning"
    assert list(statuses().values()) == [*[Status.ACKNOWLEDGED] * 3, Status.FIRING]
    assert acknowledged_events() == 3
    assert Alert.objects.get(pk=ids[2]).acknowledged_by == ANNA.name
    said = supervisor_client.get("/alerts/").text
    assert "2 alerts are acknowledged." in said
    assert "2 were taken by somebody already, or are over." in said


def test_only_who_may_act_can_choose(four, supervisor_client, auditor_client):
    assert supervisor_client.get("/alerts/").text.count('name="ids"') == 2
    assert 'name="ids"' not in auditor_client.get("/alerts/").text

    auditor_client.post(CHOSEN, {"ids": [four[0].pk]})

    assert statuses()[four[0].pk] == Status.FIRING


@pytest.mark.parametrize("ids", [[], ["x"], ["-1"], ["9" * 40], ["\x00"]])
def test_nonsense_takes_nothing(four, supervisor_client, ids):
    assert supervisor_client.post(CHOSEN, {"ids": ids}).status_code == 302
    assert acknowledged_events() == 1


def test_programs_do_the_same_in_their_folder(four, api):
    ids = [alert.pk for alert in four]

    found = api.post("/alerts/acknowledge", {"ids": ids}).json()

    assert found == {"acknowledged": ids[:2], "left": ids[2:]}
    assert api.post("/alerts/acknowledge", {"ids": []}).status_code == 422
    assert api.post("/alerts/acknowledge", {"ids": [1] * 501}).status_code == 422
