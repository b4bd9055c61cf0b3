"""Sentences name things as people call them, and say one item and many rightly."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.assets.models import Asset
from apps.lib.clock import database_now
from apps.notices.models import Notice
from apps.queues.models import WorkQueue
from apps.triggers.conditions import leaf_words, leaves_of, parse_state
from apps.triggers.lifecycle import fire_due
from apps.triggers.models import Firing, Trigger
from apps.triggers.presenting import trigger_rows
from apps.triggers.presenting_rules import sentence_of
from tests.bots.workers import sample
from tests.factories import make_folder
from tests.factories_queues import make_queue
from tests.factories_triggers import due_trigger, every, make_trigger
from tests.workflows.lifecycle.walking import deployed
from tests.workflows.models import process

pytestmark = pytest.mark.django_db
ALERT = {"type": "alert", "title": "Look", "to": "supervisors"}


@pytest.fixture
def things(folder):
    """One of each kind that a rule may name, whose titles are not their keys."""
    make_queue("in", folder=folder)
    WorkQueue.objects.filter(key="in").update(title="Invoices")
    Asset.objects.create(folder=folder, key="erp", title="ERP open", kind="flag", value=True)
    automation = sample(folder, "test.patient")
    automation.title = "Patient robot"
    automation.save(update_fields=["title"])
    deployed(process("close").start().end(), folder)
    folder.workflows.update(title="Month end")
    make_trigger(folder, "night", title="Night run")
    return folder


def sentence(folder, kind, rule):
    trigger = Trigger(folder=folder, kind=kind, rule=rule)
    return sentence_of(trigger)


def metric(name, op, value):
    return {"metric": name, "queue": "in", "op": op, "value": value}


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        (metric("queue.ready", ">=", 1), "at least 1 item waits in “Invoices”"),
        (metric("queue.ready", ">=", 2), "at least 2 items wait in “Invoices”"),
        (metric("queue.ready", "<", 0.5), "less than 0.5 items wait in “Invoices”"),
        (metric("queue.in_progress", "=", 1), "exactly 1 item of “Invoices” is at work"),
        (metric("queue.in_progress", "<=", 0), "at most 0 items of “Invoices” are at work"),
        (metric("queue.needs_decision", ">", 1), "more than 1 item of “Invoices” needs a person"),
        ({"asset": "erp", "op": "=", "value": True}, "“ERP open” is yes"),
        ({"asset": "erp", "op": "!=", "value": "x"}, "“ERP open” is not “x”"),
        ({"asset": "erp", "op": ">=", "value": 12345678.5}, "“ERP open” is at least 12345678.5"),
        ({"workflow": "close", "ended": "any", "within": "today"}, "the workflow “Month end”"),
        ({"automation": "test-patient", "ended": "failed", "within": 60}, "“Patient robot” has"),
        ({"trigger": "night", "fired": "today"}, "the trigger “Night run” has started"),
        ({"trigger": "gone", "fired": "today"}, "the trigger “gone” has started"),
    ],
)
def test_conditions_name_titles(things, condition, words):
    assert words in sentence(things, "state", {"all": [condition]})


def test_other_kinds_name_titles_too(things):
    wants = every(86_400, expects={"items": {"queue": "in", "at_least": 2}})
    waits = every(86_400, expects={"trigger": "night"})
    paused = {"source": "internal", "events": ["queue.paused"], "of": "in"}
    several = {"source": "internal", "events": ["queue.paused", "run.ended"], "of": "in"}

    assert "“Invoices”" in sentence(things, "queue", {"queue": "in"})
    assert "2 new items in “Invoices”" in sentence(things, "expected", wants)
    assert "“Night run”" in sentence(things, "expected", waits)
    assert sentence(things, "event", paused) == "A queue was paused: “Invoices”"
    assert sentence(things, "event", several).endswith("“Invoices”")


def test_things_of_another_folder_lend_no_title(things):
    assert "“in”" in sentence(make_folder("Elsewhere"), "queue", {"queue": "in"})


def test_a_new_title_shows_at_once(things):
    before = sentence(things, "queue", {"queue": "in"})
    WorkQueue.objects.filter(key="in").update(title="Bills")

    assert "“Invoices”" in before
    assert "“Bills”" in sentence(things, "queue", {"queue": "in"})


def test_a_list_asks_no_more_however_long_it_is(things):
    def n_queries():
        triggers = list(Trigger.objects.select_related("calendar", "owner", "folder"))
        with CaptureQueriesContext(connection) as seen:
            rows = trigger_rows(triggers, database_now(), operable=frozenset())
        assert len(rows) == len(triggers)
        return len(seen)

    rule = {"all": [metric("queue.ready", ">=", 1), {"trigger": "night", "fired": "today"}]}
    make_trigger(things, kind="state", rule=rule, target=ALERT)
    few = n_queries()
    for _number in range(12):
        make_trigger(things, kind="state", rule=rule, target=ALERT)

    assert n_queries() == few


def test_pages_and_the_api_say_titles(things, api, supervisor_client):
    rule = {"all": [metric("queue.ready", ">=", 1)]}
    trigger = make_trigger(things, "s", kind="state", rule=rule, target=ALERT)
    said = "at least 1 item waits in “Invoices”"

    assert said in api.get("/triggers/s").json()["sentence"]
    assert said in api.get("/triggers?kind=state").json()["items"][0]["sentence"]
    page = supervisor_client.get(f"/triggers/{trigger.pk}/").content.decode()
    assert said in page
    assert "At least 1 item waits in “Invoices”" in page  # what is true now
    assert said in supervisor_client.get("/triggers/").content.decode()
    why = api.get("/triggers/s/why").json()
    assert said in str(why)


def test_what_was_expected_is_told_by_its_title(things):
    rule = every(ago=30, expects={"items": {"queue": "in", "at_least": 2}})
    due_trigger(things, kind="expected", rule=rule, target=ALERT)

    fire_due()

    assert Firing.objects.get().event["expected"] == "2 new items in “Invoices”"
    assert Firing.objects.get().message == "0 of 2 have come."


def test_one_failure_is_not_a_row(folder, designer):
    gone = make_queue("gone", folder=folder)
    target = {"type": "items", "queue": "gone", "items": [{"payload": {}}]}
    trigger = due_trigger(folder, target=target, disable_after_failures=1, owner="designer")
    gone.delete()

    fire_due()

    trigger.refresh_from_db()
    assert trigger.reason == "1 start failed."
    assert Notice.objects.get(user=designer).body.startswith("1 start failed.")


def test_words_without_titles_are_those_of_keys():
    rule = parse_state({"all": [metric("queue.ready", ">=", 1)]})

    assert [leaf_words(leaf) for leaf in leaves_of(rule.when)] == ["at least 1 item waits in “in”"]
