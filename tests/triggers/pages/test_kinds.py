"""Triggers of every kind are made in plain fields, come back to them, and say what is true now."""

import pytest

from apps.triggers.lifecycle import pause_trigger
from apps.triggers.models import Trigger, TriggerVersion
from tests.assets.rows import login, make_asset
from tests.bots.rows import make_automation
from tests.factories_queues import ANNA, make_items, make_queue
from tests.factories_triggers import fresh, make_trigger

from .posting import OF_KIND, posted_of

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}
RUN = {"type": "run", "automation": "test-patient", "input": {"day": "{date}"}}
ALERT = {"type": "alert", "title": "Look here", "message": "", "to": "owner"}
QUEUE_RULE = {
    "queue": "reports", "min_items": 2, "items_per_start": 5, "max_active": 3,
    "oldest_seconds": 900, "miss_chance": 0.2,
}  # fmt: skip
STATE_RULE = {
    "all": [
        {"metric": "queue.ready", "queue": "reports", "op": ">=", "value": 3},
        {"asset": "open", "op": "=", "value": True},
    ],
    "mode": "edge",
    "for_seconds": 300,
    "cool_down_seconds": 3_600,
    "once_per": "business_date",
    "zone": "Europe/Berlin",
}
EVENT_RULE = {"source": "webhook", "tolerance_seconds": 120, "filter": "event.body.n>1"}
EXPECTED_RULE = {
    "type": "recurring", "freq": "weekly", "interval": 1, "weekdays": ["mon"], "times": ["07:00"],
    "zone": "Europe/Berlin", "expects": {"items": {"queue": "reports", "at_least": 3}},
}  # fmt: skip
SAVED = {
    "queue": (QUEUE_RULE, RUN),
    "state": (STATE_RULE, ALERT),
    "event": (EVENT_RULE, ALERT),
    "expected": (EXPECTED_RULE, ALERT),
}
KINDS = list(OF_KIND)


@pytest.fixture(autouse=True)
def queue(folder, settings):
    make_automation(folder)
    make_asset(folder, "open", True)  # noqa: FBT003 - its value
    make_asset(folder, "mail", login())
    settings.MAIL_HOSTS = frozenset({"mail.example.com"})
    return make_queue("reports", folder=folder, title="Reports")


def text_of(answer):
    return answer.content.decode()


def new(kind):
    return f"/triggers/new/?kind={kind}"


def preview(kind):
    return f"/triggers/preview/?kind={kind}"


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_saved_from_plain_fields_and_comes_back_to_them(designer_client, folder, kind):
    form = text_of(designer_client.get(new(kind)))
    answer = designer_client.post(new(kind), posted_of(kind))

    trigger = Trigger.objects.get(folder=folder)
    rule, target = SAVED[kind]
    assert answer.status_code in {200, 302}, text_of(answer)
    assert 'aria-current="page"' in form
    assert (trigger.kind, trigger.rule, trigger.target) == (kind, rule, target)

    # shown as it is stored, a save without a change is none
    assert designer_client.get(f"/triggers/{trigger.pk}/edit/").status_code == 200
    again = designer_client.post(
        f"/triggers/{trigger.pk}/edit/", posted_of(kind, version="1"), follow=True
    )
    assert "Nothing was changed" in text_of(again)
    assert fresh(trigger).version == 1


@pytest.mark.parametrize("kind", KINDS)
def test_what_programs_said_in_other_words_is_left_as_it_is(designer_client, folder, kind):
    rule, target = SAVED[kind]
    said = {name: value for name, value in target.items() if value}  # "" is what is usual
    trigger = make_trigger(folder, "watched", title="Watched", kind=kind, rule=rule, target=said)
    pause_trigger(trigger, by=ANNA)

    answer = designer_client.post(
        f"/triggers/{trigger.pk}/edit/", posted_of(kind, version="1", title="Other"), follow=True
    )

    assert answer.status_code == 200
    assert (fresh(trigger).title, fresh(trigger).target) == ("Other", said)
    assert "<ins>Other</ins>" in text_of(answer) or "Shown only now" in text_of(answer)


INTERNAL = {"source": "internal", "filter": ""}
FILE = {"source": "file", "watched_folder": "in", "pattern": "*.pdf", "filter": ""}
MAIL = {"source": "mail", "credential": "mail", "host": "mail.example.com", "filter": ""}


@pytest.mark.parametrize(
    ("sent", "rule", "words"),
    [
        (
            {**INTERNAL, "events": ["queue.paused"], "of": "reports"},
            {"source": "internal", "events": ["queue.paused"], "of": "reports"},
            "A queue was paused",
        ),
        (
            {**FILE, "settle_seconds": "5", "then": "keep"},
            {
                "source": "file", "folder": "in", "pattern": "*.pdf", "settle_seconds": 5,
                "then": "keep",
            },
            "When a file “*.pdf” lies in “in”",
        ),
        (
            {**MAIL, "tls": "starttls", "port": "", "mail_from": "@shop.example"},
            {
                "source": "mail", "credential": "mail", "host": "mail.example.com",
                "tls": "starttls", "from": "@shop.example",
            },
            "from “@shop.example”",
        ),
    ],
    ids=["internal", "file", "mail"],
)  # fmt: skip
def test_each_source_of_events_has_its_fields(designer_client, folder, sent, rule, words):
    answer = designer_client.post(new("event"), posted_of("event", **sent), follow=True)

    assert Trigger.objects.get(folder=folder).rule == rule
    assert words in text_of(answer)
    assert "Where it listens" in text_of(answer)


@pytest.mark.parametrize(
    ("kind", "wrong", "said"),
    [
        ("queue", {"watched_queue": ""}, "When items wait in"),
        ("queue", {"watched_queue": "nowhere"}, "Select a valid choice"),
        ("queue", {"min_items": "0"}, "greater than or equal to 1"),
        ("queue", {"max_active": "101"}, "less than or equal to 100"),
        ("queue", {"oldest": "soon"}, "is not a length of time"),
        ("queue", {"min_items": "1"}, "has no effect"),
        ("queue", {"target": "items"}, "Select a valid choice"),
        ("queue", {"automation": ""}, "There is no automation"),
        ("queue", {"input": "no equals sign"}, "as name = value"),
        ("state", {"n_rows": "0"}, "Add at least one"),
        ("state", {"c0-value": "many"}, "Condition 1: Write a number"),
        ("state", {"c0-value": "-1"}, "from 0 on"),
        ("state", {"c1-value": "perhaps"}, "Condition 2: Write yes or no"),
        ("state", {"c1-op": ">"}, "numbers only"),
        ("state", {"mode": "level", "cool_down": ""}, "Then not again for"),
        ("state", {"zone": ""}, "Time zone"),
        ("state", {"held_for": "100 d"}, "Only after they have held for"),
        ("event", {"source": "fax"}, "Select a valid choice"),
        ("event", {"filter": "event.("}, "Only if"),
        ("event", {"filter": "1 > 0"}, "must look at"),
        ("event", {"tolerance_seconds": "1"}, "greater than or equal to 10"),
        ("event", {"source": "internal"}, "This is needed"),
        ("event", {"source": "file", "watched_folder": "../etc"}, "without “..”"),
        ("event", {"source": "mail"}, "This is needed"),
        ("event", {"alert_title": ""}, "is missing"),
        ("expected", {"expected_queue": ""}, "Say which"),
        ("expected", {"at_least": ""}, "Say which"),
        ("expected", {"expects": "trigger", "expected_trigger": "nobody"}, "valid choice"),
        ("expected", {"expects": "file", "expected_folder": "in"}, "Say which"),
        ("expected", {"times": "25:00"}, "Write times like"),
        ("expected", {"target": "task", "task_title": "Look"}, "or a person"),
    ],
)
def test_what_makes_no_sense_is_said_where_it_was_typed(designer_client, kind, wrong, said):
    answer = designer_client.post(new(kind), posted_of(kind, **wrong))

    assert answer.status_code == 422
    assert said in text_of(answer)
    assert not Trigger.objects.exists()


def test_a_queue_says_how_much_is_ready_and_what_it_would_start(designer_client, queue):
    make_items(queue, 12)

    found = text_of(designer_client.post(preview("queue"), posted_of("queue")))

    assert "Now: 12 ready, it would start 3." in found
    assert "now 12" in found
    assert not Trigger.objects.exists()


def test_a_state_says_of_each_condition_what_is_measured_and_whether_it_holds(
    designer_client, queue
):
    make_items(queue, 2)

    found = text_of(designer_client.post(preview("state"), posted_of("state")))
    enough = {"c0-value": "2"}
    holds = text_of(designer_client.post(preview("state"), posted_of("state", **enough)))

    assert "It does not hold now." in found
    assert (found.count("is-true"), found.count("is-false")) == (1, 1)
    assert "now 2" in found
    assert "now yes" in found
    assert "It holds already" in holds


def test_an_expectation_says_what_is_there_by_now(designer_client, queue):
    missing = text_of(designer_client.post(preview("expected"), posted_of("expected")))
    make_items(queue, 3)
    there = text_of(designer_client.post(preview("expected"), posted_of("expected")))

    assert "It is not there" in missing
    assert "It is there" in there
    assert there.count('class="planned-when"') == 10


def test_buttons_of_conditions_show_rows_and_save_nothing(designer_client):
    sent = posted_of("state", row="add")

    part = text_of(designer_client.post(preview("state"), sent, headers=HTMX))
    page = designer_client.post(new("state"), sent)

    assert part.count('class="condition"') == 3
    assert "data-focus" in part
    assert 'hx-target="#preview"' in part
    assert (page.status_code, text_of(page).count('class="condition"')) == (200, 3)
    # the new one is empty, which nobody is blamed for
    assert "Choose one" not in text_of(page).split('id="preview"')[0]
    assert not Trigger.objects.exists()


def test_what_a_version_changed_is_said_in_words(designer_client, folder):
    designer_client.post(new("state"), posted_of("state"))
    trigger = Trigger.objects.get(folder=folder)

    more = posted_of("state", version="1", mode="level", **{"c0-value": "9"})
    answer = designer_client.post(f"/triggers/{trigger.pk}/edit/", more, follow=True)

    assert "While at least 9 items wait" in text_of(answer)
    assert TriggerVersion.objects.count() == 2


def test_the_list_shows_each_kind_and_filters_by_it(designer_client, supervisor_client, folder):
    for kind, (rule, target) in SAVED.items():
        make_trigger(folder, kind, title=f"By {kind}", kind=kind, rule=rule, target=target)

    whole = text_of(supervisor_client.get("/triggers/"))
    queues = text_of(supervisor_client.get("/triggers/?kind=queue"))
    strange = text_of(supervisor_client.get("/triggers/?kind=weather"))

    for kind in KINDS:
        assert f"By {kind}" in whole
        assert f"By {kind}" in strange
    assert "By queue" in queues
    assert "By state" not in queues
    assert "kind=queue&amp;status=paused" in queues or "status=paused&amp;kind=queue" in queues
    assert 'title="Expected"' in whole


@pytest.mark.parametrize("kind", KINDS)
def test_everybody_of_the_folder_looks_and_the_page_says_what_holds_now(
    client_of, auditor, supervisor, folder, queue, kind
):
    rule, target = SAVED[kind]
    trigger = make_trigger(folder, kind, title="Watched", kind=kind, rule=rule, target=target)
    make_items(queue, 7)

    for person in (auditor, supervisor):
        text = text_of(client_of(person).get(f"/triggers/{trigger.pk}/"))
        assert ("now 7" in text) == (kind in {"queue", "state"})
        assert "Make its secret" not in text
    assert client_of(auditor).get(f"/triggers/{trigger.pk}/edit/").status_code == 200
    assert client_of(supervisor).post(new(kind), posted_of(kind)).status_code == 403
    week = client_of(auditor).get("/triggers/week/")
    assert week.status_code == 200
