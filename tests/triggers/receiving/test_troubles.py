"""Where a trigger can't listen any more, its people hear of it once, and once when it can again."""

import threading

import pytest
from django.db import connections

from apps.accounts.roles import Role
from apps.events.models import Event
from apps.notices.models import Notice
from apps.triggers.models import Delivery, Trigger
from apps.triggers.receiving import mailbox, watching
from apps.triggers.receiving.polling import look_into_mailbox
from apps.triggers.receiving.upkeep import look_into_folders
from tests.factories import make_person
from tests.factories_triggers import fresh
from tests.triggers.receiving.callers import deliveries_of, items_in
from tests.triggers.receiving.imap_server import letter
from tests.triggers.receiving.test_folders import at_once, drop, watches
from tests.triggers.receiving.test_mail import reads, server

__all__ = ["at_once", "drop", "server"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def told(folder):
    """Who watches over the folder; the owner designs in it."""
    vera = make_person("vera", role=Role.SUPERVISOR, folder=folder)
    return vera, make_person("otto", role=Role.DESIGNER, folder=folder)


def notices():
    rows = Notice.objects.filter(kind="trigger_deaf", user__isnull=False).order_by("pk")
    return [(row.user.username, row.title) for row in rows]


def test_a_mailbox_that_fails_is_told_once_and_once_when_it_works_again(folder, server, told):
    trigger = reads(folder, server, title="Invoices", owner="otto")
    look_into_mailbox(trigger.pk)
    assert notices() == []

    server.box.password = "other"  # noqa: S105
    look_into_mailbox(trigger.pk)
    server.box.password, server.box.breaks_at = "hunter2", "SEARCH"
    look_into_mailbox(trigger.pk)  # for another reason by now: no news
    assert sorted(notices()) == [
        ("otto", "The trigger “Invoices” can't listen"),
        ("vera", "The trigger “Invoices” can't listen"),
    ]
    assert "hunter2" not in str(Notice.objects.values_list())

    server.box.breaks_at = ""
    look_into_mailbox(trigger.pk)
    look_into_mailbox(trigger.pk)
    assert sorted(notices())[2:] != []
    assert [title for _who, title in notices()][2:] == ["The trigger “Invoices” listens again"] * 2
    kinds = Event.objects.filter(subject_id=trigger.pk, subject_type="trigger").order_by("id")
    assert list(kinds.values_list("kind", flat=True))[1:] == ["trigger.deaf", "trigger.hears_again"]


@pytest.mark.django_db(transaction=True)
def test_of_several_that_notice_it_one_tells(folder, server, told):
    trigger = reads(folder, server, owner="otto")
    look_into_mailbox(trigger.pk)
    server.box.password = "other"  # noqa: S105
    lookers = [threading.Thread(target=_look_and_close, args=[trigger.pk]) for _ in range(4)]
    for each in lookers:
        each.start()
    for each in lookers:
        each.join()

    assert len(notices()) == 2
    assert deliveries_of(trigger) == [("refused", "mailbox")]


def test_a_fault_of_ours_is_told_too(folder, server, told, monkeypatch):
    trigger = reads(folder, server, owner="otto")
    look_into_mailbox(trigger.pk)
    monkeypatch.setattr("apps.triggers.receiving.polling.AT_ONCE", "many")

    assert look_into_mailbox(trigger.pk) == 0

    assert len(notices()) == 2
    assert "TypeError" in fresh(trigger).seen["trouble"]


def test_a_folder_that_can_not_be_watched_is_told_once(folder, drop, at_once, told):
    trigger = watches(folder, owner="otto")
    drop.rmdir()
    drop.write_text("a file where a folder was")
    for _round in range(3):
        look_into_folders()

    assert len(notices()) == 2
    assert deliveries_of(trigger) == [("refused", "no_folder")]

    drop.unlink()
    drop.mkdir()
    (drop / "a").write_text("x")
    look_into_folders()
    look_into_folders()
    assert len(items_in(folder)) == 1
    assert len(notices()) == 4


def test_a_place_for_folders_that_fails_is_told_too(folder, drop, at_once, told, settings):
    watches(folder, owner="otto")
    settings.WATCHED_DIR = drop / "a"
    settings.WATCHED_DIR.write_text("no folder")

    look_into_folders()

    assert len(notices()) == 2


def nested(n: int) -> bytes:
    """Parts in parts in parts: more than the library can walk through."""
    parts = [
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (number, number)
        for number in range(n)
    ]
    return b"From: eve@evil.com\nSubject: Deep\n" + b"".join(parts) + b"\ntext\n"


@pytest.mark.parametrize("raw", [nested(3_000)])
def test_a_mail_that_nobody_can_read_is_refused_and_the_next_one_read(folder, server, raw):
    trigger = reads(folder, server)
    look_into_mailbox(trigger.pk)
    server.box.put(raw)
    server.box.put(letter("Invoice 8"))

    assert look_into_mailbox(trigger.pk) == 1

    assert [item["subject"] for item in items_in(folder)] == ["Invoice 8"]
    assert deliveries_of(trigger) == [("refused", "not_readable"), ("accepted", "")]
    assert look_into_mailbox(trigger.pk) == 0


def test_a_server_that_talks_without_end_is_hung_up_on(folder, server, monkeypatch):
    trigger = reads(folder, server)
    look_into_mailbox(trigger.pk)
    monkeypatch.setattr(mailbox, "LONGEST_LOOK_SECONDS", 0.3)
    server.box.babbles = True

    assert look_into_mailbox(trigger.pk) == 0

    assert deliveries_of(trigger) == [("refused", "mailbox")]


def test_types_that_no_database_keeps_are_cleaned(folder, server):
    trigger = reads(folder, server)
    look_into_mailbox(trigger.pk)
    head = b"Subject: a\nContent-Type: multipart/mixed; boundary=x\n\n--x\n"
    part = b'Content-Type: app\x00lication/x\nContent-Disposition: attachment; filename="a"\n\nb\n'
    server.box.put(head + part + b"--x--\n")

    assert look_into_mailbox(trigger.pk) == 1
    assert Delivery.objects.filter(trigger=trigger, outcome="accepted").count() == 1


def _look_and_close(pk):
    look_into_mailbox(pk)
    connections.close_all()


def test_settling_is_forgotten_with_its_trigger(folder, drop):
    trigger = watches(folder)
    look_into_folders()
    Trigger.objects.filter(pk=trigger.pk).delete()
    look_into_folders()

    assert watching._settling == {}
