"""Invoices come in: files of others, too, each taken or refused with a sentence."""

from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command

from apps.demo.intake import take_in, take_in_files, take_in_made
from apps.demo.safe_xml import UblError
from apps.demo.trickle import make_one
from apps.inbox.lifecycle import Answer, decide
from apps.inbox.models import UserTask
from apps.inbox.predicted import predicted_of
from apps.lib.actors import SYSTEM
from apps.queues import session
from apps.queues.models import ItemFile, WorkItem
from apps.workflows.models import WorkflowInstance
from tests.demo.rooms import item_at, load_demo, work
from tests.factories_queues import status_of

FOLDER = Path(settings.BASE_DIR).parent / "shared" / "data" / "invoices"
INVOICES = sorted(path.name for path in FOLDER.glob("*.[xX][mM][lL]")) if FOLDER.is_dir() else []
NOT_UBL = {"FT_G2G_TD01_con_Allegato__Bonifico_e_Split_Payment.xml"}

BOMB = b"""<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;">]><Invoice>&c;</Invoice>"""
OUTSIDE = b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><Invoice>&x;</Invoice>'


@pytest.fixture
def queue(folder):
    return load_demo(folder)


def take(folder, data, name="a.xml"):
    return take_in(folder, data, name=name, by=SYSTEM)


@pytest.mark.django_db
def test_a_file_starts_an_instance_whose_first_bot_gets_it(queue, folder):
    made = make_one(folder)

    instance = take_in_made(folder, made)

    item = item_at(instance, "invoice-reading")
    assert instance.business_key == item.reference == made.invoice.number
    assert item.payload["file"] == f"{made.invoice.number}.xml"
    with ItemFile.objects.get(item=item).file.open("rb") as stored:
        assert stored.read() == made.xml


@pytest.mark.django_db
@pytest.mark.parametrize("data", [
    b"", b"not xml", b"<a/>", b"<Invoice/>", BOMB, OUTSIDE, b"\x00\xff", b"<Invoice>" * 5000,
], ids=["empty", "text", "other", "bare", "bomb", "outside", "binary", "deep"])  # fmt: skip
def test_what_is_no_invoice_is_refused_and_nothing_is_stored(queue, folder, data):
    with pytest.raises(UblError) as refused:
        take(folder, data)

    assert refused.value.status == 422
    assert refused.value.message
    assert not WorkflowInstance.objects.exists()
    assert not WorkItem.objects.exists()
    assert not ItemFile.objects.exists()


@pytest.mark.django_db
def test_of_several_files_each_is_judged_by_itself(queue, folder):
    files = [
        SimpleUploadedFile("good.xml", make_one(folder).xml),
        SimpleUploadedFile("bad.xml", b"not xml"),
        SimpleUploadedFile("also-good.xml", make_one(folder).xml),
    ]

    taken, refusals = take_in_files(folder, files, by=SYSTEM)

    assert len(taken) == WorkflowInstance.objects.count() == 2
    assert [refusal.message.startswith("bad.xml: ") for refusal in refusals] == [True]


@pytest.mark.skipif(not INVOICES, reason="The shared folder with real invoices is not there.")
@pytest.mark.django_db(transaction=True)
def test_every_shared_invoice_is_asked_about_or_clearly_refused(
    queue, folder, business_user, monkeypatch
):
    # given the invoices of strangers
    monkeypatch.setattr(session, "LINGER_SECONDS", 0.0)
    taken, refused = {}, {}
    for name in INVOICES:
        try:
            taken[name] = take(folder, (FOLDER / name).read_bytes(), name)
        except UblError as refusal:
            refused[name] = refusal.message

    # when a bot works them, and people confirm the cost centres that it is not sure of
    work(folder)
    person = business_user.actor
    for task in UserTask.objects.open().filter(kind=UserTask.Kind.VALIDATION):
        looked_at = frozenset(predicted_of(task.predictions).doubtful)
        answer = Answer(decision="accept", version=task.version, confirmed=looked_at)
        decide(task, answer, by=person)
    work(folder)

    # then each became a question, for its vendor is nobody we know
    assert refused.keys() <= NOT_UBL
    assert all(len(message) > 20 for message in refused.values())
    asked = {name: status_of(item_at(instance).pk) for name, instance in taken.items()}
    assert asked == dict.fromkeys(taken, "needs_decision")
    assert UserTask.objects.open().count() == len(taken)
    assert len(taken) >= 15


@pytest.mark.django_db
def test_the_command_takes_files_and_names_those_it_refuses(queue, folder, tmp_path, capsys):
    good, bad = tmp_path / "good.xml", tmp_path / "bad.xml"
    good.write_bytes(make_one(folder).xml)
    bad.write_bytes(b"not xml")

    with pytest.raises(CommandError, match="2 of 3 files were refused"):
        call_command("import_invoices", str(good), str(bad), str(tmp_path / "missing.xml"))

    said = capsys.readouterr().err
    assert "bad.xml: " in said
    assert "missing.xml: " in said
    assert WorkItem.objects.count() == 1


@pytest.mark.django_db
def test_the_command_needs_the_demo(tmp_path):
    with pytest.raises(CommandError, match="load_demo"):
        call_command("import_invoices", str(tmp_path / "a.xml"))
