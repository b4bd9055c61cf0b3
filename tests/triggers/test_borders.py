"""What came in is for those who operate; what lies in a watched folder is for one folder alone."""

import pytest

from apps.lib.clock import database_now
from apps.lib.errors import InvalidError
from apps.triggers.lifecycle import fire_for
from apps.triggers.models import Firing
from tests.factories import make_folder
from tests.factories_queues import make_queue
from tests.factories_triggers import adds_to, every, make_trigger

pytestmark = pytest.mark.django_db
SECRET = "for Anna alone"  # noqa: S105  what a sender wrote


@pytest.fixture
def heard(folder):
    """A webhook that was called once."""
    target = adds_to(make_queue(folder=folder), note="{event.body}")
    trigger = make_trigger(folder, "hook", kind="event", rule={"source": "webhook"}, target=target)
    told = {"at": database_now(), "origin": Firing.Origin.EVENT}
    fire_for(trigger.pk, occasion="a", event={"body": SECRET}, **told)
    return trigger


@pytest.mark.parametrize(("role", "is_shown"), [("auditor", False), ("supervisor", True)])
def test_the_start_log_tells_what_came_in_to_those_who_operate(program_with, heard, role, is_shown):
    answer = program_with(role).get("/triggers/hook/firings")

    (row,) = answer.json()["items"]
    assert row["outcome"] == "fired"
    assert (SECRET in str(row)) == is_shown


@pytest.mark.parametrize("is_shown", [False, True])
def test_a_dry_run_fills_what_came_in_for_those_who_operate(
    client_of, auditor, supervisor_client, heard, is_shown
):
    client = supervisor_client if is_shown else client_of(auditor)

    text = client.post(f"/triggers/{heard.pk}/dry-run/").content.decode()

    assert "Now it would start" in text
    assert (SECRET in text) == is_shown


@pytest.mark.parametrize(
    ("path", "is_free"),
    [("bank/in", False), ("bank", False), ("bank/in/done", False), ("bank/inbox", True)],
)
def test_a_watched_folder_belongs_to_one_folder(folder, path, is_free):
    taken = {"source": "file", "folder": "bank/in"}
    make_trigger(folder, kind="event", rule=taken)
    make_trigger(folder, kind="event", rule=taken)  # its own may look there, too
    other = make_folder()
    alert = {"type": "alert", "title": "None"}
    expects = every(86_400, expects={"file": {"folder": path, "pattern": "*"}})
    rules = {"event": {"source": "file", "folder": path}, "expected": expects}

    for kind, rule in rules.items():
        if is_free:
            make_trigger(other, kind=kind, rule=rule, target=alert)
        else:
            with pytest.raises(InvalidError, match="another folder"):
                make_trigger(other, kind=kind, rule=rule, target=alert)
