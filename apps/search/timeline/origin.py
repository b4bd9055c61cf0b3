"""What created something: the chain from it upwards, as far as the reader may see.

Each thing has one answer. A step made the item (`Owned`), another workflow called the instance
(`parent`), a trigger started it (`Firing`), it was made in the course of something (`Cause`), or a
person or program did: then the chain ends with their name.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from django.urls import reverse
from django.utils.translation import gettext as _

from apps.events.models import Cause, Event
from apps.inbox.models import UserTask
from apps.queues.models import Owned, QueueRun, WorkItem
from apps.search.asking import INSTANCE, ITEM, NUMBERED, RUN, TASK
from apps.search.hits import HIT_OF, one_of, rows_of
from apps.triggers.lifecycle.causing import cause_of
from apps.triggers.models import Firing
from apps.workflows.lifecycle.definitions import graph_of
from apps.workflows.models import StepInstance, Token, WorkflowInstance
from apps.workflows.outline import name_of

from .subjects import Subjects

LONGEST: Final = 12
MOST_CHAINS: Final = 5
TRIGGER, SOMEBODY = "trigger", "person"
FIRED_AS: Final = {ITEM: "items", INSTANCE: "instance", RUN: "run", TASK: "task"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One thing of a chain; `how` says how it made the one below."""

    kind: str
    title: str
    url: str = ""
    how: str = ""
    pk: int = 0


def origins_of(subjects: Subjects) -> list[list[Link]]:
    """Return the chains of what nothing else here created, each from the thing itself upwards."""
    roots = [(kind, pk) for kind, pk in subjects.named if not _is_inside(kind, pk, subjects)]
    return [origin_of(kind, pk, subjects.folders) for kind, pk in roots[:MOST_CHAINS]]


def origin_of(kind: str, pk: int, folders: frozenset[int]) -> list[Link]:
    """Return the chain from this upwards, itself first; [] if it may not be seen."""
    chain: list[Link] = []
    at: tuple[str, int] | None = (kind, pk)
    how = ""
    seen: set[tuple[str, int]] = set()
    while at is not None and at not in seen and len(chain) < LONGEST:
        seen.add(at)
        found = rows_of(at[0], [at[1]], folders)
        if not found:
            break  # of a folder that may not be seen, or gone
        chain.append(_link(at[0], found[0], how))
        how = _step_of(at[0], found[0])
        above, at = _above(at[0], found[0], folders)
        chain += above
    return chain


def _link(kind: str, row: Any, how: str) -> Link:
    hit = HIT_OF[kind](row)
    title = hit.title if kind == RUN else f"{one_of(kind)} {hit.title}"
    return Link(kind=kind, title=title, url=hit.url, how=how, pk=row.pk)


def _step_of(kind: str, row: Any) -> str:
    """Return the name of the step that made it, "" if no step did."""
    place = None
    if kind == ITEM:
        owned = Owned.objects.filter(item_id=row.pk)
        place = owned.values_list("owner_id", "token").first()
    elif kind == TASK and row.item_id is None:
        place = (row.instance_id, row.token)
    elif kind == INSTANCE and row.parent_id:
        place = (row.parent_id, row.parent_token)
    if place is None or None in place:
        return ""
    # the key of both tables begins with these two
    where = {"instance_id": place[0]}
    now = Token.objects.filter(number=place[1], **where).values_list("node", flat=True)
    past = StepInstance.objects.filter(token=place[1], **where).values_list("node", flat=True)
    node = now.first() or past.order_by().first()
    version = WorkflowInstance.objects.filter(pk=place[0]).values_list("version_id", flat=True)
    if node is None or not version:
        return ""
    return _("step “%(name)s”") % {"name": name_of(graph_of(version[0]), node)}


def _above(
    kind: str, row: Any, folders: frozenset[int]
) -> tuple[list[Link], tuple[str, int] | None]:
    """Return what made it, where that is no numbered thing, and what to go on with."""
    if (owner := _OWNER[kind](row)) is not None:
        return [], owner
    firing = cause_of("item" if kind == ITEM else FIRED_AS[kind], row.pk)
    if firing is not None:
        return _fired(firing, folders)
    noted = Cause.objects.filter(subject_type=kind, subject_id=row.pk).first()
    if noted is not None and noted.cause_type in NUMBERED:
        return [], (noted.cause_type, noted.cause_id)
    return _somebody(kind, row), None


def _fired(firing: Firing, folders: frozenset[int]) -> tuple[list[Link], tuple[str, int] | None]:
    trigger = firing.trigger
    if trigger.folder_id not in folders:
        return [], None
    how = str(Firing.Origin(firing.origin).label)
    link = Link(
        kind=TRIGGER,
        pk=trigger.pk,
        title=_("Trigger “%(title)s”") % {"title": trigger.title},
        url=reverse("triggers:trigger_detail", args=[trigger.pk]),
        how=f"{how}: {firing.by}" if firing.by else how,
    )
    return [link], _led_by(firing)


def _led_by(firing: Firing) -> tuple[str, int] | None:
    """Return what the firing before this one had started: its end, say, set this one off."""
    before = firing.caused_by
    kinds = {name: kind for kind, name in FIRED_AS.items()}
    if before is None or before.subject_id is None or before.subject_type not in kinds:
        return None
    return kinds[before.subject_type], before.subject_id


def _owner_of_item(item: WorkItem) -> tuple[str, int] | None:
    found = Owned.objects.filter(item_id=item.pk).values_list("owner_id", flat=True).first()
    return (INSTANCE, found) if found is not None else None


def _owner_of_task(task: UserTask) -> tuple[str, int] | None:
    if task.item_id is not None:
        return ITEM, task.item_id
    return (INSTANCE, task.instance_id) if task.instance_id is not None else None


_OWNER: Final[dict[str, Callable[[Any], tuple[str, int] | None]]] = {
    ITEM: _owner_of_item,
    INSTANCE: lambda row: (INSTANCE, row.parent_id) if row.parent_id else None,
    RUN: lambda row: None,
    TASK: _owner_of_task,
}


def _somebody(kind: str, row: Any) -> list[Link]:
    """Return who did it: a person, a program, or what a run was asked for by."""
    if kind == ITEM:
        name, how = row.added_by, str(WorkItem.Origin(row.origin).label)
    elif kind == INSTANCE:
        name, how = row.started_by, _start_of(row)
    elif kind == TASK:
        name, how = str(row.facts.get("asked_by") or ""), ""
    else:
        return _asked_for_run(row)
    return [Link(kind=SOMEBODY, title=name or how, how=how if name else "")] if name or how else []


def _start_of(instance: Any) -> str:
    """Return the name of the start event, where it did not begin at the plain one."""
    if not instance.start_node:
        return ""
    return name_of(graph_of(instance.version_id), instance.start_node)


def _asked_for_run(run: Any) -> list[Link]:
    drains = QueueRun.objects.select_related("queue").filter(run_id=run.pk).first()
    if drains is not None:
        url = reverse("queues:queue_detail", args=[drains.queue_id])
        title = _("Queue “%(title)s”") % {"title": drains.queue.title}
        return [Link(kind="queue", title=title, url=url, how=run.started_because)]
    asked = Event.objects.filter(subject_type="run", subject_id=run.pk, kind="run.created").first()
    name = asked.actor_name if asked else ""
    title = name or run.started_because
    how = run.started_because if name else ""
    return [Link(kind=SOMEBODY, title=title, how=how)] if title else []


def _is_inside(kind: str, pk: int, subjects: Subjects) -> bool:
    """Whether something else that bears the reference made it: its chain says it all."""
    row = subjects.of(kind).get(pk)
    owner = _OWNER[kind](row) if row is not None else None
    return owner is not None and owner in subjects.named
