"""What people may say about event triggers: each field that does not fit is named."""

import pytest

from apps.bots.kept import Credential
from apps.lib.errors import InvalidError
from apps.lib.secrecy import Secret
from apps.triggers.receiving.rules import event_rule_problems
from tests.assets.rows import make_asset
from tests.factories_queues import make_queue
from tests.factories_triggers import adds_to, make_trigger

pytestmark = pytest.mark.django_db
INTERNAL = {"source": "internal", "events": ["queue.paused"]}
FILE = {"source": "file", "folder": "invoices/in"}
MAIL = {"source": "mail", "credential": "login", "host": "mail.example.com"}


@pytest.fixture
def place(folder, settings):
    settings.MAIL_HOSTS = frozenset({"mail.example.com", "localhost"})
    make_asset(folder, "login", Credential("svc", Secret("hunter2")))
    make_asset(folder, "plain", "text")
    return folder


@pytest.mark.parametrize(
    "rule",
    [
        {"source": "webhook"},
        {"source": "webhook", "tolerance_seconds": 60, "filter": "event.body.total > 100"},
        {"source": "webhook", "filter": ""},
        INTERNAL,
        {**INTERNAL, "events": ["run.ended", "run.failed"], "of": "reports"},
        FILE,
        {**FILE, "pattern": "*.xml", "settle_seconds": 10, "then": "delete"},
        {**FILE, "folder": "a", "filter": 'ends with(event.name, ".csv")'},
        MAIL,
        {
            **MAIL,
            "port": 1993,
            "tls": "starttls",
            "mailbox": "In",
            "from": "@a.com",
            "subject": "x",
        },
        {**MAIL, "host": "localhost", "tls": "none"},
    ],
)
def test_good_rules_are_taken(place, rule):
    target = {"type": "items"}

    assert event_rule_problems(place, rule, target) == []


@pytest.mark.parametrize(
    ("rule", "field"),
    [
        ({}, "source"),
        ({"source": "post"}, "source"),
        ({"source": ["webhook"]}, "source"),
        ({"source": "webhook", "folder": "a"}, "folder"),
        ({"source": "webhook", "tolerance_seconds": 5}, "tolerance_seconds"),
        ({"source": "webhook", "tolerance_seconds": True}, "tolerance_seconds"),
        ({"source": "webhook", "tolerance_seconds": 10**9}, "tolerance_seconds"),
        ({"source": "webhook", "filter": "event.body >"}, "filter"),
        ({"source": "webhook", "filter": "body.total > 5"}, "filter"),
        ({"source": "webhook", "filter": 5}, "filter"),
        ({"source": "webhook", "filter": "event.a = 1 and " * 300 + "true"}, "filter"),
        ({"source": "internal"}, "events"),
        ({**INTERNAL, "events": []}, "events"),
        ({**INTERNAL, "events": "queue.paused"}, "events"),
        ({**INTERNAL, "events": ["item.added"]}, "events"),
        ({**INTERNAL, "events": [{}]}, "events"),
        ({**INTERNAL, "of": "a\nb"}, "of"),
        ({"source": "file"}, "folder"),
        ({**FILE, "folder": "/etc"}, "folder"),
        ({**FILE, "folder": "../secrets"}, "folder"),
        ({**FILE, "folder": "in/../../secrets"}, "folder"),
        ({**FILE, "folder": "in/.hidden"}, "folder"),
        ({**FILE, "folder": "in\\out"}, "folder"),
        ({**FILE, "folder": "in\x00"}, "folder"),
        ({**FILE, "folder": 7}, "folder"),
        ({**FILE, "folder": "x" * 201}, "folder"),
        ({**FILE, "pattern": "in/*.csv"}, "pattern"),
        ({**FILE, "settle_seconds": 0}, "settle_seconds"),
        ({**FILE, "then": "eat"}, "then"),
        ({"source": "mail", "host": "mail.example.com"}, "credential"),
        ({**MAIL, "credential": "nobody"}, "credential"),
        ({**MAIL, "credential": "plain"}, "credential"),
        ({**MAIL, "credential": "\x00"}, "credential"),
        ({"source": "mail", "credential": "login"}, "host"),
        ({**MAIL, "host": "other.example.com"}, "host"),
        ({**MAIL, "host": "169.254.169.254"}, "host"),
        ({**MAIL, "host": "mail.example.com\r\nA1 LOGOUT"}, "host"),
        ({**MAIL, "port": 0}, "port"),
        ({**MAIL, "tls": True}, "tls"),
        ({**MAIL, "tls": "none"}, "tls"),
        ({**MAIL, "mailbox": "IN\r\nBOX"}, "mailbox"),
        ({**MAIL, "subject": 5}, "subject"),
    ],
)
def test_what_does_not_fit_is_named(place, rule, field):
    problems = event_rule_problems(place, rule, {"type": "workflow"})

    assert [each.path for each in problems] == [f"rule.{field}"]
    assert problems[0].message


def test_a_file_is_deleted_only_where_it_is_kept_with_an_item(place):
    rule = {**FILE, "then": "delete"}

    assert event_rule_problems(place, rule, {"type": "items"}) == []
    (problem,) = event_rule_problems(place, rule, {"type": "run"})
    assert problem.path == "rule.then"


def test_saving_a_trigger_refuses_at_the_field(place):
    target = adds_to(make_queue(folder=place))

    with pytest.raises(InvalidError) as refused:
        make_trigger(place, kind="event", rule={**FILE, "folder": "../up"}, target=target)

    assert [each.path for each in refused.value.fields] == ["rule.folder"]


def test_events_start_beside_each_other_unless_told_otherwise(place):
    queue = make_queue(folder=place)
    usual = make_trigger(place, kind="event", rule=INTERNAL, target=adds_to(queue))
    told = make_trigger(
        place, kind="event", rule=INTERNAL, target=adds_to(queue), overlap="queue_one"
    )

    assert (usual.overlap, told.overlap) == ("allow", "queue_one")
