"""What is noted with each line: where it belongs, in order, without secrets, whole batches."""

import os
import signal
from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from apps.bots.forking import fork
from apps.bots.logs import MAX_FIELDS_BYTES, Line, LogBuffer, Speaker, append_log
from apps.bots.models import LogLine
from apps.lib import secrecy
from apps.lib.process import die_with_parent
from apps.lib.secrecy import MASK, Secret
from apps.queues.lifecycle import lease_items, record_progress
from apps.queues.models import Owned
from apps.workflows.lifecycle import cancel_instance, repair
from apps.workflows.models import Incident, Token, WorkflowInstance
from tests.factories_queues import make_item, make_queue
from tests.log.made import say
from tests.workflows.patterns import start_approval
from tests.workflows.repairs import broken_instance

pytestmark = pytest.mark.django_db


def test_a_line_about_an_item_lies_in_the_folder_of_its_queue(folder):
    item = make_item(make_queue(folder=folder))

    [line] = say(999, "read", item_id=item.pk, attempt=2, run_id=5, bot_id=4)

    assert (line.folder_id, line.queue_id) == (folder.pk, item.queue_id)
    assert (line.run_id, line.bot_id, line.attempt) == (5, 4, 2)


def test_a_line_of_a_lease_holder_names_its_try_and_what_it_said_of_it(folder):
    queue = make_queue(folder=folder)
    make_item(queue)
    [leased] = lease_items(queue.pk, n=1, bot="outside")
    said = Line("half way", step="reading", correlation_id="trace-7", fields={"page": 3})

    record_progress(leased.id, leased.token, log=[said])

    line = LogLine.objects.get(item_id=leased.id)
    assert (line.queue_id, line.attempt, line.step) == (queue.pk, 1, "reading")
    assert (line.correlation_id, line.fields) == ("trace-7", {"page": 3})


def test_a_line_about_the_item_of_a_step_names_instance_step_and_visit(folder, admin):
    instance = start_approval(folder, admin, amount=5)  # below the limit: for a bot at once
    owned = Owned.objects.get(owner_id=instance.pk)
    token = Token.objects.get(instance_id=instance.pk, number=owned.token)

    [line] = say(folder, "working", item_id=owned.item_id)

    assert (line.instance_id, line.token, line.step) == (instance.pk, token.number, token.node)


def test_a_step_that_needs_repair_says_so_and_who_repaired_it(folder, admin):
    instance = broken_instance(folder, admin)
    [opened] = LogLine.objects.filter(instance_id=instance.pk)
    assert (opened.level, opened.step) == ("error", "choose")
    assert opened.fields["code"]

    incident = Incident.objects.get(instance=instance)
    repair(incident, how="retry", by=admin.actor, variables={"amount": 5}, reason="a typo")

    lines = LogLine.objects.filter(instance_id=instance.pk).order_by("at", "id")
    assert [line.level for line in lines] == ["error", "info"]
    assert "a typo" in lines[1].message


def test_an_instance_that_is_cancelled_says_so(folder, admin):
    instance = start_approval(folder, admin, number="INV-7")

    cancel_instance(instance, by=admin.actor, reason="not wanted")

    line = LogLine.objects.get(instance_id=instance.pk)
    assert (line.level, line.folder_id) == ("warning", folder.pk)
    assert WorkflowInstance.objects.get(pk=instance.pk).status == "cancelled"


def test_secrets_are_dots_in_messages_and_in_details(folder):
    secrecy.keep_out(Secret("hunter-2-hunter"))
    try:
        [line] = say(folder, "sent hunter-2-hunter", fields={"to": ["x", "hunter-2-hunter"]})
    finally:
        secrecy.forget_kept_out()

    assert (line.message, line.fields) == (f"sent {MASK}", {"to": ["x", MASK]})


@pytest.mark.parametrize(
    ("fields", "stored"),
    [
        ({"at": datetime(2026, 3, 1)}, {"at": "2026-03-01T00:00:00"}),  # noqa: DTZ001
        ({"n": float("nan")}, {"n": None}),
        ({7: "x"}, {"7": "x"}),
        ({"x": object}, None),
        ({"nul": "a\x00b"}, {"nul": "a�b"}),
        ({"half": "\ud800"}, {}),
        ({"long": "x" * MAX_FIELDS_BYTES}, {}),
        (["no", "object"], {}),
    ],
)
def test_whatever_details_are_given_the_line_is_stored(folder, fields, stored):
    [line] = say(folder, "said", fields=fields)

    assert line.message.startswith("said")
    assert stored is None or line.fields == stored
    assert ("details" in line.message) == (line.fields == {})


def test_lines_of_one_speaker_stay_in_order_from_write_to_write(folder):
    # given a first write that was held up, so that its line looks younger than it is
    buffer = LogBuffer(Speaker(folder_id=folder.pk, run_id=5))
    buffer.add(Line("first"))
    buffer.flush()
    buffer._last += timedelta(hours=1)
    LogLine.objects.filter(run_id=5).update(at=buffer._last)

    buffer.add(Line("second"))
    buffer.flush()

    first, second = LogLine.objects.of_run(5)
    assert (first.message, second.message) == ("first", "second")
    assert first.at == second.at


def test_lines_after_one_are_read_from_there(folder):
    one, two, three = say(folder, "1", "2", "3", run_id=5)

    assert list(LogLine.objects.of_run(5, after=one.id)) == [two, three]
    assert list(LogLine.objects.of_run(5, after=three.id)) == []
    assert list(LogLine.objects.of_run(5, after=0)) == [one, two, three]


def write_for_ever(folder_id, pipe):
    """Say how many lines are written, write by write."""
    n = 0
    while True:
        speaker = Speaker(folder_id=folder_id, run_id=77)
        append_log(speaker, [Line(str(n + i)) for i in range(20)])
        n += 20
        os.write(pipe, n.to_bytes(4, "big"))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("n_writes", [1, 4, 11])
def test_a_writer_that_is_killed_leaves_whole_writes_without_a_gap(folder, n_writes):
    parent, (reader, writer) = os.getpid(), os.pipe()
    pid = fork()
    if pid == 0:
        try:
            die_with_parent(parent)
            write_for_ever(folder.pk, writer)
        finally:
            os._exit(1)
    os.close(writer)
    told = [os.read(reader, 4) for _write in range(n_writes)]

    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    while more := os.read(reader, 4):
        told.append(more)
    os.close(reader)

    stored = list(LogLine.objects.of_run(77).values_list("message", flat=True))
    assert len(stored) >= int.from_bytes(told[-1], "big")
    assert len(stored) % 20 == 0
    assert stored == [str(n) for n in range(len(stored))]


def test_a_request_is_named_in_what_it_wrote(folder):
    import structlog

    name = uuid4().hex
    with structlog.contextvars.bound_contextvars(request_id=name):
        append_log(Speaker(folder_id=folder.pk), [Line("asked"), Line("own", correlation_id="o")])

    lines = LogLine.objects.filter(folder_id=folder.pk).order_by("id")
    assert [line.correlation_id for line in lines] == [name, "o"]
