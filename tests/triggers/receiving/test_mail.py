"""Mails start something once each, with what is attached; mailboxes only ever get read."""

import json
import threading

import pytest

from apps.assets.models import AssetUse
from apps.triggers.models import Delivery, Firing, Trigger
from apps.triggers.receiving import keeping, mailbox
from apps.triggers.receiving.accepting import event_of
from apps.triggers.receiving.polling import look_into_mailbox
from apps.triggers.receiving.upkeep import look_into_mailboxes
from tests.assets.rows import login, make_asset
from tests.factories_queues import make_queue
from tests.factories_triggers import adds_to, fresh, make_trigger
from tests.triggers.receiving.callers import contents, deliveries_of, items_in, started
from tests.triggers.receiving.imap_server import ImapServer, letter

pytestmark = pytest.mark.django_db


@pytest.fixture
def server(settings, tmp_path):
    settings.MAIL_HOSTS = frozenset({"127.0.0.1"})
    settings.MEDIA_ROOT = tmp_path
    found = ImapServer()
    found.start()
    yield found
    found.stop()


def reads(folder, server, **said):
    if not folder.assets.filter(key="login").exists():
        make_asset(folder, "login", login())
    rule = {
        "source": "mail",
        "credential": "login",
        "host": "127.0.0.1",
        "port": server.port,
        "tls": "none",
        **said.pop("rule", {}),
    }
    target = adds_to(make_queue(folder=folder), subject="{event.subject}", who="{event.from}")
    return make_trigger(folder, kind="event", rule=rule, target=said.pop("target", target), **said)


@pytest.fixture
def trigger(folder, server):
    """One that has looked once: from now on mails are for it."""
    server.box.put(letter("Old"))
    found = reads(folder, server)
    look_into_mailbox(found.pk)
    return found


def test_what_was_there_before_starts_nothing_and_each_new_mail_once(trigger, server, folder):
    assert items_in(folder) == []
    server.box.put(letter("Invoice 7"))
    server.box.put(letter("Invoice 8"))

    assert look_into_mailbox(trigger.pk) == 2
    assert look_into_mailbox(trigger.pk) == 0

    assert items_in(folder) == [
        {"subject": "Invoice 7", "who": "anna@example.com"},
        {"subject": "Invoice 8", "who": "anna@example.com"},
    ]
    assert deliveries_of(trigger) == [("accepted", "")] * 2


def test_the_mailbox_is_only_read(trigger, server):
    server.box.put(letter())
    look_into_mailbox(trigger.pk)

    words = {command.split(" ")[0] for command in server.box.commands}
    assert words == {"CAPABILITY", "LOGIN", "EXAMINE", "UID", "LOGOUT"}
    assert all("PEEK" in said for said in server.box.commands if "BODY" in said)


def test_attachments_are_kept_and_go_with_the_item(trigger, server, folder):
    server.box.put(letter(files={"bill.pdf": b"%PDF 1", "../../etc/passwd": b"two"}))

    look_into_mailbox(trigger.pk)

    assert contents() == [("bill.pdf", b"%PDF 1"), ("passwd", b"two")]
    event = event_of(Delivery.objects.get(trigger=trigger))
    assert [(each["name"], each["size"]) for each in event["attachments"]] == [
        ("bill.pdf", 6),
        ("passwd", 3),
    ]
    kept = keeping.kept_file(event, event["attachments"][0]["id"])
    with kept.file as file:
        assert file.read() == b"%PDF 1"


def test_from_subject_and_filter_choose_mails(folder, server):
    rule = {"from": "@example.com", "subject": "invoice", "filter": 'contains(event.text, "pay")'}
    trigger = reads(folder, server, rule=rule)
    look_into_mailbox(trigger.pk)
    for sender, subject, text in [
        ("anna@example.com", "Your INVOICE", "please pay"),
        ("eve@evil.com", "Invoice", "please pay"),
        ("eve@notexample.com", "Invoice", "please pay"),
        ("example.com <eve@evil.com>", "Invoice", "please pay"),
        ("anna@example.com", "Lunch", "please pay"),
        ("anna@example.com", "Invoice", "thanks"),
    ]:
        server.box.put(letter(subject, sender, text=text))

    look_into_mailbox(trigger.pk)

    assert [item["subject"] for item in items_in(folder)] == ["Your INVOICE"]
    assert deliveries_of(trigger) == [("accepted", ""), ("refused", "filtered")]


def test_a_mailbox_made_anew_starts_only_what_is_new(trigger, server, folder):
    server.box.put(letter("Invoice 7"))
    look_into_mailbox(trigger.pk)
    server.box.letters.pop(1)  # the old one was tidied away
    server.box.make_anew()
    server.box.put(letter("Invoice 8"))

    look_into_mailbox(trigger.pk)
    look_into_mailbox(trigger.pk)

    assert [item["subject"] for item in items_in(folder)] == ["Invoice 7", "Invoice 8"]
    assert fresh(trigger).seen["mail"]["validity"] == 2


def test_who_dies_after_a_start_starts_nothing_again(trigger, server, folder):
    server.box.put(letter())
    before = fresh(trigger).seen
    look_into_mailbox(trigger.pk)
    Trigger.objects.filter(pk=trigger.pk).update(seen=before)

    look_into_mailbox(trigger.pk)

    assert len(items_in(folder)) == 1
    assert deliveries_of(trigger) == [("accepted", ""), ("duplicate", "came_before")]


def test_a_wrong_password_is_told_once_and_never_repeated(trigger, server, folder, caplog):
    server.box.password = "other"  # noqa: S105

    for _ in range(3):
        assert look_into_mailbox(trigger.pk) == 0

    (delivery,) = Delivery.objects.filter(trigger=trigger)
    assert (delivery.outcome, delivery.reason) == ("refused", "mailbox")
    assert "password" in delivery.message
    rows = [*Delivery.objects.values_list(), *Firing.objects.values_list(), fresh(trigger).seen]
    assert "hunter2" not in repr(rows) + caplog.text

    server.box.password = "hunter2"  # noqa: S105
    server.box.put(letter())
    assert look_into_mailbox(trigger.pk) == 1
    assert fresh(trigger).seen["trouble"] == ""


@pytest.mark.parametrize("where", ["EXAMINE", "SEARCH", "HEADER", "BODY.PEEK[]", "LOGIN"])
def test_a_server_that_breaks_off_is_asked_again(trigger, server, folder, where):
    server.box.put(letter())
    server.box.breaks_at = where
    assert look_into_mailbox(trigger.pk) == 0
    assert deliveries_of(trigger) == [("refused", "mailbox")]

    server.box.breaks_at = ""

    assert look_into_mailbox(trigger.pk) == 1


def test_a_server_that_is_not_there_is_told_of(trigger, server):
    server.stop()

    assert look_into_mailbox(trigger.pk) == 0

    assert deliveries_of(trigger) == [("refused", "mailbox")]


def test_a_server_that_hangs_is_given_up(trigger, server, monkeypatch):
    monkeypatch.setattr(mailbox, "TIMEOUT_SECONDS", 0.3)
    server.box.hangs = True

    assert look_into_mailbox(trigger.pk) == 0

    assert deliveries_of(trigger) == [("refused", "mailbox")]


def test_tls_is_meant_where_it_is_asked_for(trigger, server):
    """A server that speaks plainly is not signed in to."""
    Trigger.objects.filter(pk=trigger.pk).update(rule={**trigger.rule, "tls": "tls"})
    server.box.commands.clear()

    assert look_into_mailbox(trigger.pk) == 0

    assert not any("hunter2" in command for command in server.box.commands)
    assert deliveries_of(trigger) == [("refused", "mailbox")]


@pytest.mark.parametrize("change", ["host", "asset", "kind"])
def test_what_was_right_when_it_was_saved_is_checked_again(
    trigger, server, folder, settings, change
):
    server.box.commands.clear()
    if change == "host":
        settings.MAIL_HOSTS = frozenset()
    elif change == "asset":
        folder.assets.all().delete()
    else:
        folder.assets.all().delete()
        make_asset(folder, "login", "no credential")

    assert look_into_mailbox(trigger.pk) == 0

    assert not any("LOGIN" in command for command in server.box.commands)
    expected = "mailbox" if change == "host" else "credential"
    assert deliveries_of(trigger) == [("refused", expected)]


def test_a_mail_that_is_too_large_is_refused_and_the_next_one_read(trigger, server, folder):
    server.box.put(letter("Large"))
    server.box.claimed_size = mailbox.MAX_MESSAGE_BYTES + 1
    look_into_mailbox(trigger.pk)
    server.box.claimed_size = None
    server.box.put(letter("Small"))

    look_into_mailbox(trigger.pk)

    assert [item["subject"] for item in items_in(folder)] == ["Small"]
    assert deliveries_of(trigger) == [("refused", "too_large"), ("accepted", "")]


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"no mail at all",
        b"From: \xff\xfe\nSubject: =?utf-8?b?////?=\n\nx",
        b"Subject: a\nContent-Type: text/plain; charset=nonsense\n\n\xff\x00",
        b"Subject: a\nContent-Type: multipart/mixed; boundary=x\n\n--x\n\n--y",
        b"Content-Type: message/rfc822\nContent-Disposition: attachment\n\nFrom: b\n\nc",
        b"Subject: " + b"x" * 100_000 + b"\n\n" + "ü".encode() * 200_000,
        b"Subject: a\r\n b\x00c\r\n\r\ntext\x00",
    ],
)
def test_broken_mails_are_read_as_far_as_they_go(trigger, server, folder, raw):
    server.box.put(raw)

    assert look_into_mailbox(trigger.pk) == 1

    (delivery,) = Delivery.objects.filter(trigger=trigger)
    assert delivery.size < 64 * 1024
    json.loads(bytes(delivery.body))


def test_each_look_is_recorded_with_the_credential(trigger, server):
    uses = AssetUse.objects.filter(asset_key="login")

    assert [use.purpose for use in uses] == [f"Trigger “{trigger.title}”"]


@pytest.mark.django_db(transaction=True)
def test_several_schedulers_read_a_mailbox_in_turn(folder, server, settings):
    settings.MAIL_POLL_SECONDS = 3_600
    trigger = reads(folder, server)
    lookers = [threading.Thread(target=_look_and_close) for _ in range(4)]
    for each in lookers:
        each.start()
    for each in lookers:
        each.join()

    assert sum("LOGIN" in command for command in server.box.commands) == 1
    assert fresh(trigger).checked_at is not None


@pytest.mark.django_db(transaction=True)
def test_a_mailbox_that_hangs_does_not_hold_up_another(folder, server, settings, monkeypatch):
    settings.MAIL_POLL_SECONDS = 1
    monkeypatch.setattr(mailbox, "TIMEOUT_SECONDS", 2)
    hung = ImapServer()
    hung.start()
    try:
        stuck = reads(folder, hung)
        good = reads(folder, server)
        look_into_mailbox(good.pk)
        Trigger.objects.update(checked_at=None)
        hung.box.hangs = True
        server.box.put(letter())

        assert look_into_mailboxes() == 1
    finally:
        hung.stop()

    assert started(good) == 1
    assert deliveries_of(stuck) == [("refused", "mailbox")]


def _look_and_close():
    from django.db import connections

    look_into_mailboxes()
    connections.close_all()
