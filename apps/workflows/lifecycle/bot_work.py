"""Work for bots: items that tokens own."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from django.utils.translation import gettext as _

from apps.accounts.models import Folder
from apps.lib.actors import SYSTEM, Actor
from apps.queues.lifecycle import (
    NewItem,
    Owner,
    OwnerPolicy,
    Rejected,
    add_owned_items,
    cancel_owned,
    owned_items,
    reopen_owned,
    withdraw_items,
)
from apps.queues.models import WorkQueue
from apps.workflows.engine.changes import AddItem, AddItems, OpenIncident, ReopenItem
from apps.workflows.statements import HOLD_TOKEN, TAKE_FAILED

from .running import dumped, run
from .walks import Walk

DEFAULT_PRIORITY = 50
LOWEST, HIGHEST = 0, 100
MAX_REFERENCE = 200

Wanted: TypeAlias = tuple[WorkQueue, NewItem]


def add(
    single: Sequence[tuple[Walk, AddItem]], many: Sequence[tuple[Walk, AddItems]], now: datetime
) -> list[tuple[Walk, OpenIncident]]:
    """Put the items into their queues; return what is to be repaired where a queue refuses one.

    Of a fan-out, one that is refused keeps back all.
    """
    if not single and not many:
        return []
    commands: list[tuple[Walk, AddItem | AddItems]] = [*single, *many]
    queues = queues_of((walk.facts.folder_id, each.queue) for walk, each in commands)
    wanted: list[Wanted] = []
    walks: list[Walk] = []
    for walk, one in single:
        new = _item(one, Owner(walk.id, one.token, policy=_policy(one)), one.payload, now)
        wanted.append((queues[walk.facts.folder_id, one.queue], new))
        walks.append(walk)
    for walk, some in many:
        queue, policy = queues[walk.facts.folder_id, some.queue], _policy(some)
        for index, payload in enumerate(some.payloads):
            new = _item(some, Owner(walk.id, some.token, index, policy), payload, now)
            wanted.append((queue, new))
            walks.append(walk)
    added = add_owned_items(wanted, by=SYSTEM)
    return _refused([(walks[each.index], wanted[each.index], each) for each in added.rejected])


def _refused(refused: Sequence[tuple[Walk, Wanted, Rejected]]) -> list[tuple[Walk, OpenIncident]]:
    """Let tokens whose item was refused wait for repair, as if they had not come yet."""
    incidents: dict[tuple[int, int], tuple[Walk, OpenIncident]] = {}
    for walk, (queue, new), rejected in refused:
        assert new.owner is not None
        message = _("The queue “%(queue)s” refuses the work: %(why)s")
        incident = OpenIncident(
            token=new.owner.token,
            phase="enter",
            code="item_refused",
            message=message % {"queue": queue.title, "why": rejected.error},
        )
        incidents.setdefault((walk.id, incident.token), (walk, incident))
    for walk, incident in incidents.values():
        told = {"phase": incident.phase, "code": incident.code, "message": incident.message}
        values = {"id": walk.id, "token": incident.token, "facts": dumped(told)}
        run(HOLD_TOKEN, values)
        cancel_owned(walk.id, [incident.token], by=SYSTEM)
    return list(incidents.values())


def queues_of(wanted: Iterable[tuple[int, str]]) -> dict[tuple[int, str], WorkQueue]:
    """Return the queues of these (folder, key); those that are missing are made."""
    names = set(wanted)
    found = {
        (queue.folder_id, queue.key): queue
        for queue in WorkQueue.objects.filter(
            folder_id__in={folder_id for folder_id, _key in names},
            key__in={key for _folder, key in names},
        )
    }
    return {name: found.get(name) or make_queue(*name)[0] for name in names}


def make_queue(folder_id: int, key: str) -> tuple[WorkQueue, bool]:
    """Return the queue of that key, and whether it had to be made."""
    title = key.replace("-", " ").replace("_", " ").strip().capitalize()
    folder = Folder.objects.get(pk=folder_id)
    return WorkQueue.objects.get_or_create(folder=folder, key=key, defaults={"title": title or key})


def reopen(commands: Sequence[tuple[Walk, ReopenItem]], by: Actor) -> None:
    """Have ended items worked on again; of a fan-out those that failed."""
    for walk, command in commands:
        failed = {index for (index,) in run(TAKE_FAILED, {"id": walk.id, "token": command.token})}
        items = [
            item.item_id
            for item in owned_items(walk.id, [command.token])
            if item.index is None or item.index in failed
        ]
        reopen_owned(items, command.payload, by=by)


def withdraw(tokens: Sequence[tuple[int, int]], by: Actor) -> None:
    """End what is left of the items of these tokens (instance, number)."""
    withdraw_items(tokens, by=by)


def _item(
    command: AddItem | AddItems, owner: Owner, payload: dict[str, Any], now: datetime
) -> NewItem:
    priority = command.priority if isinstance(command, AddItem) else None
    sla = command.sla_seconds
    return NewItem(
        payload=payload,
        reference=command.reference[:MAX_REFERENCE] if isinstance(command, AddItem) else "",
        priority=DEFAULT_PRIORITY if priority is None else min(max(priority, LOWEST), HIGHEST),
        due_at=None if sla is None else now + timedelta(seconds=sla),
        owner=owner,
    )


def _policy(command: AddItem | AddItems) -> OwnerPolicy | None:
    """Return the step's own policy; None when all is as the queue has it."""
    policy = OwnerPolicy(
        rules=command.rules,
        max_attempts=command.max_attempts,
        backoff=command.backoff,  # type: ignore[arg-type]
        delay_seconds=command.delay_seconds,
        gate=command.gate,
    )
    return None if policy == OwnerPolicy() else policy
