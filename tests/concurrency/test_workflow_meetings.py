"""Two who only just miss each other: each race is held open at the moment that matters."""

import threading
from contextlib import ExitStack, contextmanager

import pytest
from django.db import connections, transaction

from apps.events.delivery import deliver_outbox
from apps.queues.lifecycle import Result, finish_items, lease_items
from apps.queues.models import Attempt, WorkQueue
from apps.workflows import lifecycle
from apps.workflows.checks import instance_faults
from apps.workflows.lifecycle import correlating, passes
from apps.workflows.models import (
    BufferedMessage,
    FanOut,
    PassCount,
    PassResult,
    WorkflowInstance,
)
from tests.concurrency.racing import PATIENCE_SECONDS, until_waiting
from tests.factories import make_folder
from tests.workflows.lifecycle.walking import ANNA, deliver, deployed, reloaded, started, work
from tests.workflows.models import process

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.concurrency]


@contextmanager
def beside(runner):
    """Run `runner` in a thread of its own; it has ended when the block is left."""
    errors = []

    def run():
        try:
            runner()
        except BaseException as error:
            errors.append(error)
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    yield
    thread.join(PATIENCE_SECONDS)
    assert not thread.is_alive()
    assert errors == []


class Held:
    """Holds up the first call of a function of `module`, in another thread, until `let_go`."""

    def __init__(self, monkeypatch, module, name):
        self.is_there, self._may_go = threading.Event(), threading.Event()
        real = getattr(module, name)

        def held(*given):
            if not self.is_there.is_set():
                self.is_there.set()
                assert self._may_go.wait(PATIENCE_SECONDS)
            return real(*given)

        monkeypatch.setattr(module, name, held)

    def wait(self):
        assert self.is_there.wait(PATIENCE_SECONDS)

    def let_go(self):
        self._may_go.set()


def test_who_begins_to_listen_while_the_message_is_in_hand_hears_it(monkeypatch):
    folder = make_folder()
    workflow = deployed(process("p").start().receive("r", "paid", "=n").end(), folder)
    published = lifecycle.publish_message(folder, "paid", "K", {}, by=ANNA, ttl_seconds=600)
    looked = Held(monkeypatch, correlating, "_start_instances")

    with beside(lambda: lifecycle.correlate([published.id])):
        looked.wait()  # it has seen that nobody listens
        instance = started(workflow, n="K")
        with beside(deliver_outbox):
            until_waiting(1)
            looked.let_go()
    deliver()

    assert reloaded(instance).status == "completed"
    assert not BufferedMessage.objects.exists()


def test_pausing_reaches_an_instance_that_is_called_meanwhile():
    folder = make_folder()
    deployed(process("child").start().service("inside").end(), folder)
    parent = deployed(process("parent").start().service("a").call("go", "child").end(), folder)
    instance = started(parent)

    with ExitStack() as others, transaction.atomic():
        work(folder, "a")  # calls the child, not committed yet
        pause = beside(lambda: lifecycle.pause_instance(instance, by=ANNA, reason="audit"))
        others.enter_context(pause)
        until_waiting(1)

    assert list(WorkflowInstance.objects.values_list("status", flat=True)) == ["paused", "paused"]


def test_results_that_come_in_while_their_step_is_cancelled_leave_nothing(monkeypatch):
    folder = make_folder()
    model = process("p").start().service("line").each("=[1, 2, 3]").end()
    instance = started(deployed(model, folder))
    deliver()
    queue = WorkQueue.objects.get(folder=folder, key="line")
    [item] = lease_items(queue.pk, n=1, bot="b")
    finish_items([Result(item.id, item.token, Attempt.Outcome.SUCCESSFUL)])
    written = Held(monkeypatch, passes, "announce")

    with beside(deliver_outbox):
        written.wait()
        with beside(lambda: lifecycle.cancel_instance(instance, by=ANNA, reason="x")):
            until_waiting(1)
            written.let_go()
    deliver()

    assert not PassResult.objects.exists()
    assert not PassCount.objects.exists()
    assert not FanOut.objects.exists()
    assert instance_faults().faults == []
