"""Starts what triggers start, says whether it is still under way, and cancels it."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Final, TypeAlias

import structlog
from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction
from django.utils.translation import gettext as _

from apps.bots.lifecycle import create_run, draw_version, request_stop
from apps.bots.models import Automation, Bot, Run
from apps.bots.transport import ring_pool
from apps.events.bus import Happening, record_many
from apps.lib.actors import Actor
from apps.lib.errors import DomainError, InvalidError, NotFoundError
from apps.lib.json import JsonObject
from apps.queues.lifecycle import add_items, add_unread, cancel_item
from apps.queues.models import Ended, WorkItem, WorkQueue
from apps.triggers.models import Firing, Trigger
from apps.triggers.targets import filled, new_items, object_of
from apps.workflows.lifecycle import cancel_instance, start_instance, start_instances
from apps.workflows.lifecycle.running import concerns_all
from apps.workflows.models import Workflow, WorkflowInstance

from .asking import alert, ask, open_tasks, withdraw
from .begun import Begun, named

log = structlog.get_logger("controlroom.triggers")

Subject = Firing.Subject
ALIVE = (WorkflowInstance.Status.RUNNING, WorkflowInstance.Status.PAUSED)


def actor_of(trigger: Trigger) -> Actor:
    """Return who histories name for what the trigger starts."""
    return Actor(None, (_("Trigger “%s”") % trigger.title)[:150], "trigger")


# A workflow by folder, key and version, None for the latest
Version: TypeAlias = tuple[int, str, Any]
# Queues that were looked up already, by folder and key: triggers of a batch share many
Queues: TypeAlias = dict[tuple[int, str], WorkQueue]


def start_target(
    trigger: Trigger,
    planned_at: datetime,
    *,
    by: Actor,
    queues: Queues | None = None,
    event: JsonObject | None = None,
) -> Begun:
    """Start what the trigger starts, for that time and that event.

    Raises DomainError, and starts nothing then.
    """
    target = filled(trigger.target, planned_at, _zone_of(trigger), event or {})
    with transaction.atomic():
        if target.get("type") == "items":
            return _add_items(trigger, target, by, {} if queues is None else queues)
        return _STARTERS[str(target.get("type"))](trigger, target, by)


def start_together(wanted: Iterable[tuple[Trigger, Firing]]) -> dict[int, Begun]:
    """Start the workflows among these, those of the same version in one go, which costs a tenth;
    return what began, by the firing's number.

    What can't start so is left to `start_target`, which says why.
    """
    groups: dict[Version, list[tuple[Trigger, Firing]]] = defaultdict(list)
    for trigger, firing in wanted:
        target = trigger.target
        if target.get("type") == "workflow":
            version = (trigger.folder_id, str(target.get("key")), target.get("version"))
            groups[version].append((trigger, firing))
    begun: dict[int, Begun] = {}
    for version, members in groups.items():
        if len(members) > 1:
            begun |= _start_group(version, members)
    return begun


def _start_group(version: Version, members: list[tuple[Trigger, Firing]]) -> dict[int, Begun]:
    folder_id, key, number = version
    actors = [actor_of(trigger) for trigger, _firing in members]
    try:
        with transaction.atomic():
            workflow = Workflow.objects.get(folder_id=folder_id, key=key)
            ids = start_instances(
                workflow,
                [_variables_of(trigger, firing) for trigger, firing in members],
                by=Actor(None, _("Triggers"), "trigger"),
                version=number,
                names=[actor.name for actor in actors],
            )
            for instance_id, actor in zip(ids, actors, strict=True):
                _record_start(workflow, instance_id, actor)
    except Exception as error:
        if concerns_all(error):
            raise
        return {}  # one of them does not fit: each by itself, so that the others start
    return {
        firing.pk: Begun(subject=Subject.INSTANCE, ids=[pk], label=named(workflow.title, pk))
        for (_trigger, firing), pk in zip(members, ids, strict=True)
    }


def _variables_of(trigger: Trigger, firing: Firing) -> JsonObject:
    target = filled(trigger.target, firing.planned_at, _zone_of(trigger), firing.event)
    return object_of(target, "variables")


def _zone_of(trigger: Trigger) -> str:
    return str(trigger.rule.get("zone") or "")


def _record_start(workflow: Workflow, instance_id: int, by: Actor) -> None:
    """The event that `start_instance` writes, too: the history says which trigger it was."""
    about = Happening(
        subject=("instance", instance_id),
        folder_id=workflow.folder_id,
        data={"workflow_id": workflow.pk},
    )
    record_many("instance.started", [about], by=by)


def under_way(firings: Iterable[Firing]) -> list[Firing]:
    """Return those whose subject is not over yet; a query for each kind of subject."""
    found = list(firings)
    wanted = {(each.subject_type, pk) for each in found for pk in each.subject_ids}
    alive = subjects_under_way(wanted)
    return [
        each for each in found if any((each.subject_type, pk) in alive for pk in each.subject_ids)
    ]


def subjects_under_way(subjects: Iterable[tuple[str, int]]) -> set[tuple[str, int]]:
    """Return those of these subjects that are not over yet; a query for each kind."""
    ids: dict[str, set[int]] = defaultdict(set)
    for kind, pk in subjects:
        ids[kind].add(pk)
    return {(kind, pk) for kind, some in ids.items() if kind in _ALIVE for pk in _ALIVE[kind](some)}


def cancel_subject(firing: Firing, *, by: Actor) -> None:
    """Cancel what the firing started; what a bot has in hand is only asked to end, or ends."""
    why = _("It is time for the next start.")
    for pk in firing.subject_ids:
        try:
            with transaction.atomic():
                _cancel(firing.subject_type, pk, why, by)
        except (DomainError, ObjectDoesNotExist):
            continue  # it is over already, or in a bot's hands
        except Exception as error:
            if concerns_all(error):
                raise
            # a fault of ours: it must not take back what others of the batch start, each second
            log.exception("trigger_could_not_cancel", firing=firing.pk)


def _cancel(subject: str, pk: int, why: str, by: Actor) -> None:
    if subject == Subject.INSTANCE:
        cancel_instance(WorkflowInstance.objects.get(pk=pk), by=by, reason=why)
    elif subject == Subject.RUN:
        request_stop(pk, by=by, reason=why)
    elif subject == Subject.TASK:
        withdraw(pk, by=by)
    else:
        cancel_item(pk, by=by, reason=why)


def _start_workflow(trigger: Trigger, target: JsonObject, by: Actor) -> Begun:
    key, number = target["key"], target.get("version")
    workflow = Workflow.objects.filter(folder_id=trigger.folder_id, key=key).first()
    if workflow is None:
        raise NotFoundError(_("There is no workflow “%(key)s” in this folder.") % {"key": key})
    instance = start_instance(
        workflow,
        object_of(target, "variables"),
        by=by,
        version=number if isinstance(number, int) else None,
    )
    label = named(workflow.title, instance.pk)
    return Begun(subject=Subject.INSTANCE, ids=[instance.pk], label=label)


def _start_run(trigger: Trigger, target: JsonObject, by: Actor) -> Begun:
    key = target["automation"]
    automation = Automation.objects.filter(folder_id=trigger.folder_id, key=key).first()
    version = automation.current_version if automation else None
    if automation is None or version is None:
        raise NotFoundError(_("There is no automation “%(key)s” in this folder.") % {"key": key})
    if automation.kind != Automation.Kind.RUN:
        raise InvalidError(_("“%s” works the items of a queue: it does not run alone.") % key)
    run = create_run(
        draw_version(version),
        run_input=object_of(target, "input"),
        because=by.name,
        priority=_priority_of(target),
        pinned_bot=_bot_of(trigger, target),
        by=by,
    )
    ring_pool(run)
    return Begun(subject=Subject.RUN, ids=[run.pk], label=named(automation.title, run.pk))


def _bot_of(trigger: Trigger, target: JsonObject) -> Bot | None:
    """Return the bot that alone may take the run; None: any that fits."""
    name = target.get("bot")
    if not name:
        return None
    found: Bot | None = Bot.objects.filter(folder_id=trigger.folder_id, name=name).first()
    if found is None:
        raise NotFoundError(_("There is no bot “%(name)s” in this folder.") % {"name": name})
    return found


def _priority_of(target: JsonObject) -> int | None:
    points = target.get("priority")
    return points if isinstance(points, int) else None


def _add_items(trigger: Trigger, target: JsonObject, by: Actor, queues: Queues) -> Begun:
    place, origin = (trigger.folder_id, str(target["queue"])), WorkItem.Origin.TRIGGER
    queue = queues.get(place)
    if queue is None:
        queue = WorkQueue.objects.filter(folder_id=place[0], key=place[1]).first()
    if queue is None:
        raise NotFoundError(_("There is no queue “%(key)s” in this folder.") % {"key": place[1]})
    queues[place] = queue
    items = new_items(target)
    if len(items) == 1:
        ids = [add_unread(queue, items[0], origin=origin, by=by)]
    else:
        ids = add_items(queue, items, origin=origin, by=by, all_or_nothing=True).ids
    label = _("%(queue)s: %(n)d items") % {"queue": queue.title, "n": len(ids)}
    if len(ids) == 1:
        label = named(queue.title, ids[0])
    return Begun(subject=Subject.ITEMS, ids=ids, label=label[:200])


_STARTERS: Final[Mapping[str, Callable[[Trigger, JsonObject, Actor], Begun]]] = {
    "workflow": _start_workflow,
    "run": _start_run,
    "alert": alert,
    "task": ask,
}


def _alive_instances(ids: set[int]) -> set[int]:
    found = WorkflowInstance.objects.filter(pk__in=ids, status__in=ALIVE)
    return set(found.values_list("pk", flat=True))


def _alive_runs(ids: set[int]) -> set[int]:
    found = Run.objects.filter(pk__in=ids, status__in=Run.ACTIVE)
    return set(found.values_list("pk", flat=True))


def _alive_items(ids: set[int]) -> set[int]:
    return ids - set(Ended.objects.filter(item_id__in=ids).values_list("item_id", flat=True))


_ALIVE: Final[Mapping[str, Callable[[set[int]], set[int]]]] = {
    Subject.INSTANCE.value: _alive_instances,
    Subject.RUN.value: _alive_runs,
    Subject.ITEMS.value: _alive_items,
    Subject.TASK.value: open_tasks,
}


def why(error: Exception) -> str:
    """Return what a start log says about an error, for people."""
    said = error.message if isinstance(error, DomainError) else f"{type(error).__name__}: {error}"
    return said.replace("\x00", "")[:500]
