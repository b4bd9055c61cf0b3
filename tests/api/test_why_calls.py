"""`…/why` of items, runs, triggers and instances, for programs."""

import pytest

from apps.bots.lifecycle import set_standing
from apps.queues.lifecycle import pause_queue
from tests.bots.rows import make_automation, make_bot, make_waiting_run
from tests.factories import make_folder
from tests.factories_queues import ANNA, make_items, make_queue
from tests.factories_triggers import make_trigger
from tests.waits import beat
from tests.workflows.lifecycle.walking import deployed, started
from tests.workflows.models import process

pytestmark = pytest.mark.django_db


def test_a_program_is_told_what_is_in_the_way_and_who_may_help(folder, program_with):
    beat()
    queue = make_queue("invoices", folder=folder)
    (item,) = make_items(queue, 1)
    pause_queue(queue, reason="Month end", by=ANNA)

    said = program_with("business_user").get(f"/items/{item}/why").json()

    assert said["is_waiting"] is True
    assert (said["eta"], said["waits_for"]) == (None, [])
    first = said["blockers"][0]
    assert first["act"] == {
        "label": "Resume the queue",
        "url": f"/queues/{queue.pk}/resume/",
        "method": "POST",
        "fields": {},
        "allowed": False,
        "who": "“Resume the queue” can be done by these roles: Supervisor, Designer, Admin.",
    }
    assert first["code"] == "queue_paused"
    assert first["sentence"] == "Anna paused the queue “Invoices”: Month end"
    assert (first["at"], first["is_usual"], first["about"]) == (None, False, [])
    allowed = program_with("supervisor").get(f"/items/{item}/why").json()["blockers"][0]["act"]
    assert allowed["allowed"] is True


def test_of_runs(folder, api):
    bot, run = make_bot(folder), make_waiting_run(make_automation(folder))
    set_standing(bot, "disabled", by=ANNA)

    (blocker,) = api.get(f"/runs/{run.pk}/why").json()["blockers"]

    assert blocker["code"] == "bot_disabled"
    assert blocker["act"]["fields"] == {"standing": "enabled"}
    assert blocker["about"] == [{"title": "robbie", "url": f"/bots/{bot.pk}/"}]


def test_of_triggers(folder, api):
    beat()
    trigger = make_trigger(folder, "hourly")

    said = api.get("/triggers/hourly/why").json()

    (blocker,) = said["blockers"]
    assert blocker["code"] == "timer"
    assert blocker["is_usual"] is True
    assert said["eta"] == blocker["at"]
    assert blocker["act"]["url"] == f"/triggers/{trigger.pk}/fire/"


def test_of_instances(folder, api):
    instance = started(deployed(process("p").start().user("check", name="Check").end(), folder))

    (blocker,) = api.get(f"/instances/{instance.pk}/why").json()["blockers"]

    assert blocker["code"] == "user_task"


def test_what_is_over_waits_for_nothing(folder, api):
    instance = started(deployed(process("p").start().end(), folder))

    said = api.get(f"/instances/{instance.pk}/why").json()

    assert said == {"is_waiting": False, "blockers": [], "waits_for": [], "eta": None}


@pytest.mark.parametrize(
    "path",
    [
        *("/items/1/why", "/runs/1/why", "/instances/1/why", "/triggers/none/why"),
        *("/items/99999999999999999999/why", "/triggers/%00/why"),
    ],
)
def test_what_there_is_not(api, path):
    assert api.get(path).status_code in {404, 422}


def test_what_lies_in_another_folder_is_not_there(api):
    other = make_folder()
    (item,) = make_items(make_queue(folder=other), 1)
    trigger = make_trigger(other)
    run = make_waiting_run(make_automation(other))

    for path in (f"/items/{item}/why", f"/runs/{run.pk}/why", f"/triggers/{trigger.key}/why"):
        assert api.get(path).status_code == 404
