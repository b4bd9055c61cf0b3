"""What work is done with: queues, bots, workflows and people, by the ORM."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

N_QUEUES = 30
N_BOTS = 60
N_WORKFLOWS = 12
PATTERN = Path("apps/workflows/patterns/approval.bpmn")


@dataclass(slots=True)
class Things:
    """The ids that the rows refer to; `values` is what every statement is given."""

    folder_id: int
    queues: list[int] = field(default_factory=list)
    workflows: list[int] = field(default_factory=list)
    versions: list[int] = field(default_factory=list)
    bots: list[int] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    automations: list[int] = field(default_factory=list)
    pool_id: int = 0
    people: list[int] = field(default_factory=list)
    triggers: list[int] = field(default_factory=list)
    endpoint_id: int = 0
    model_id: int = 0

    @property
    def values(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}


def make_things() -> Things:
    """Make the demo, and beside it what a large company would have."""
    from django.core.management import call_command

    from apps.accounts.models import Folder, User
    from apps.triggers.models import Trigger

    call_command("prepare", verbosity=0)
    call_command("load_demo", verbosity=0)
    folder = Folder.objects.get(demo_setting__isnull=False)
    things = Things(folder.pk)
    things.queues = [_queue(folder, number) for number in range(1, N_QUEUES + 1)]
    _add_bots(things, folder)
    _add_workflows(things, folder)
    things.people = list(User.objects.order_by("pk").values_list("pk", flat=True))
    things.triggers = list(Trigger.objects.order_by("pk").values_list("pk", flat=True))
    _add_outside(things, folder)
    return things


def _queue(folder: Any, number: int) -> int:
    from apps.queues.models import WorkQueue

    queue, _new = WorkQueue.objects.get_or_create(
        folder=folder,
        key=f"load-{number:02}",
        defaults={
            "title": f"Department {number:02}",
            "sla_seconds": 14_400 if number % 2 else None,
            "unique_reference": "reject" if number % 3 == 0 else "off",
        },
    )
    return int(queue.pk)


def _add_bots(things: Things, folder: Any) -> None:
    from apps.bots.models import AutomationVersion, Bot, BotPool

    pool, _new = BotPool.objects.get_or_create(folder=folder, key="load", title="Machine room")
    things.pool_id = pool.pk
    for number in range(1, N_BOTS + 1):
        bot, _new = Bot.objects.get_or_create(
            folder=folder, pool=pool, name=f"robot-{number:02}", defaults={"n_slots": 2}
        )
        things.bots.append(bot.pk)
        things.names.append(bot.name)
    versions = AutomationVersion.objects.order_by("pk").values_list("pk", flat=True)
    things.automations = list(versions)


def _add_workflows(things: Things, folder: Any) -> None:
    from apps.lib.actors import SYSTEM
    from apps.workflows.lifecycle import deploy

    drawn = PATTERN.read_text()
    for number in range(1, N_WORKFLOWS + 1):
        one = drawn.replace('process id="approval"', f'process id="load-approval-{number:02}"')
        one = one.replace('bpmnElement="approval"', f'bpmnElement="load-approval-{number:02}"')
        one = one.replace('name="Approval"', f'name="Approval {number:02}"')
        version = deploy(folder, one.encode(), by=SYSTEM, source="api").versions[0]
        things.workflows.append(version.workflow_id)
        things.versions.append(version.pk)


def _add_outside(things: Things, folder: Any) -> None:
    """Make a webhook that nothing leaves by, and a model that nobody asks."""
    from apps.ai.models import ModelEndpoint
    from apps.webhooks.models import Endpoint

    told, _new = Endpoint.objects.get_or_create(
        folder=folder, key="load",
        defaults={
            "title": "Warehouse", "url": "https://warehouse.example.com/hooks/12",
            "kinds": ["instance.completed", "run.failed"], "status": Endpoint.Status.PAUSED,
        },
    )  # fmt: skip
    things.endpoint_id = told.pk
    model, _new = ModelEndpoint.objects.get_or_create(
        folder=folder, key="load",
        defaults={"title": "Reader", "base_url": "http://127.0.0.1:9/v1", "model": "reader"},
    )  # fmt: skip
    things.model_id = model.pk
