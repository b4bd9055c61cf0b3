"""A stub model, an endpoint that points at it, and items in the hands of a session."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest

from apps.ai.models import Budget, ModelEndpoint
from apps.bots.board import Board
from apps.bots.horse import RunBeat
from apps.bots.lifecycle import claim_run, create_run
from apps.bots.models import Automation, Bot
from apps.bots.registration import register_bot
from apps.bots.releases import sync_automations
from apps.inbox.lifecycle import Answer, decide, reconcile_tasks
from apps.inbox.models import UserTask
from apps.queues import session
from apps.queues.models import QueueRun, WorkQueue
from apps.queues.session import Session
from tests.ai import sample_tools  # noqa: F401  registers its tools
from tests.ai.stub_model import StubModel
from tests.factories_queues import make_queue


@pytest.fixture
def stub_model() -> Iterator[StubModel]:
    stub = StubModel()
    stub.start()
    yield stub
    stub.stop()


@pytest.fixture
def endpoint(folder, stub_model) -> ModelEndpoint:
    """The stub as an endpoint: 1 EUR for 1 000 tokens in, 2 for out."""
    found = ModelEndpoint(
        folder=folder,
        key="reader",
        title="Reader",
        base_url=stub_model.url,
        model="stub-1",
        version_label="2026-03",
        timeout_seconds=20,
        max_answer_tokens=100,
        price_in=Decimal(1),
        price_out=Decimal(2),
    )
    found.keep_api_key("sk-very-secret")
    found.save()
    return found


@pytest.fixture
def budget(endpoint) -> Budget:
    return Budget.objects.create(endpoint=endpoint, error_share=0.5, min_calls=2, pause_seconds=60)


@pytest.fixture
def work(folder, monkeypatch) -> Iterator[Callable[..., WorkQueue]]:
    """`work(queue)` lets a session of this process drain the queue."""
    monkeypatch.setattr(session, "LINGER_SECONDS", 0.0)
    beats: list[RunBeat] = []

    def drain(queue: WorkQueue) -> None:
        automation = Automation.objects.get(pk=queue.automation_id)
        bot = register_bot(automation.pool, name="tester")
        QueueRun.objects.create(run=create_run(automation.current_version), queue=queue)
        run = claim_run(bot.pool_id, bot.pk, 1)
        beats.append(RunBeat(run, Board()))
        Session(queue, run, beats[-1]).work()
        Bot.objects.update(heartbeat_at=None)

    yield drain
    for beat in beats:
        beat.end()


@pytest.fixture
def queue_of(folder) -> Callable[..., WorkQueue]:
    """`queue_of("ai.extract", gate=…)`: a queue whose items that automation works."""

    def make(name: str, **values: Any) -> WorkQueue:
        (automation,) = sync_automations(folder, names={name})
        return make_queue(name.replace(".", "-"), folder=folder, automation=automation, **values)

    return make


@pytest.fixture
def answer(supervisor) -> Callable[..., UserTask]:
    """`answer(item_id, "approve", values)` decides what the inbox asks about the item."""

    def decide_task(
        item_id: int, decision: str, values: dict[str, Any] | None = None, comment: str = ""
    ) -> UserTask:
        reconcile_tasks([item_id])
        task = UserTask.objects.get(item_id=item_id, status="open")
        said = Answer(decision=decision, version=task.version, payload=values, comment=comment)
        decide(task, said, by=supervisor.actor)
        return task

    return decide_task
