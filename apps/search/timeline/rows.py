"""Entries of what is no event: items and their tries, instances and their steps, tasks, runs."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from django.urls import reverse
from django.utils.translation import gettext as _

from apps.bots.models import Run
from apps.inbox.models import UserTask
from apps.queues.item_presenting import BADGES
from apps.queues.models import Attempt, Effect, Ended, Lease, WorkItem
from apps.search.asking import INSTANCE, ITEM, RUN, TASK
from apps.triggers.models import Firing
from apps.workflows.graph import Graph
from apps.workflows.lifecycle.definitions import graph_of
from apps.workflows.models import Incident, StepInstance, Token, WorkflowInstance
from apps.workflows.outline import name_of
from apps.workflows.story import TONES, is_gateway, status_of

from .entries import Entry
from .subjects import Subjects

MOST_TRIES: Final = 1_000
MOST_STEPS: Final = 1_000
ENDS: Final = {
    "successful": "done", "completed": "done", "failed": "failed", "faulted": "failed",
    "lost": "failed", "expired": "failed",
}  # fmt: skip


def rows_told(subjects: Subjects) -> Iterator[Entry]:
    """Return what the rows of these tell; a query for each table, none for each row."""
    yield from _items(subjects)
    yield from _tries(subjects)
    yield from _effects(subjects)
    yield from _instances(subjects)
    yield from _steps(subjects)
    yield from _incidents(subjects)
    yield from _tasks(subjects)
    yield from _runs(subjects)
    yield from _starts(subjects)


# --- items


def _items(subjects: Subjects) -> Iterator[Entry]:
    ends = {row.item_id: row for row in Ended.objects.filter(item_id__in=list(subjects.items))}
    for item in subjects.items.values():
        url = reverse("items:item_detail", args=[item.pk])
        yield Entry(
            at=item.entered_at,
            key=f"4:item:{item.pk}",
            kind="item",
            what=_("Came into the queue “%(queue)s”") % {"queue": item.queue.title},
            subject=(ITEM, item.pk),
            who=item.added_by,
            note=str(WorkItem.Origin(item.origin).label),
            url=url,
        )
        if item.pk in ends:
            yield _item_end(item, ends[item.pk], url)


def _item_end(item: WorkItem, end: Ended, url: str) -> Entry:
    status = WorkItem.Status(end.status)
    return Entry(
        at=end.at,
        key=f"8:item-end:{item.pk}",
        kind="item",
        what=_("Ended: %(how)s") % {"how": status.label},
        subject=(ITEM, item.pk),
        tone=ENDS.get(end.status, "cancelled"),
        who=end.by,
        note=end.note,
        url=url,
        stands_for=(
            "work_item.skipped", "work_item.cancelled", "work_item.rejected",
            "work_item.completed_by_hand", "work_item.expired",
        ),
    )  # fmt: skip


def _tries(subjects: Subjects) -> Iterator[Entry]:
    """Partitions of tries are found by the item's number, which their key begins with."""
    tries = Attempt.objects.filter(item_id__in=list(subjects.items)).order_by()
    for each in tries.defer("output", "detail")[:MOST_TRIES]:
        yield Entry(
            at=each.started_at,
            until=each.ended_at,
            key=f"5:try:{each.item_id}:{each.number}",
            kind="try",
            what=_("Try %(n)d: %(outcome)s")
            % {"n": each.number, "outcome": Attempt.Outcome(each.outcome).label},
            subject=(ITEM, each.item_id),
            tone=BADGES[Attempt.Outcome(each.outcome)],
            who=each.bot,
            note=each.message,
            url=_run_url(each.run_id),
        )
    for lease in Lease.objects.filter(item_id__in=list(subjects.items)):
        yield Entry(
            at=lease.leased_at,
            key=f"5:lease:{lease.item_id}:{lease.attempt}",
            kind="try",
            what=_("Try %(n)d: a bot is at it") % {"n": lease.attempt},
            subject=(ITEM, lease.item_id),
            tone="running",
            who=lease.bot,
            url=_run_url(lease.run_id),
        )


def _effects(subjects: Subjects) -> Iterator[Entry]:
    for each in Effect.objects.filter(item_id__in=list(subjects.items)):
        words = {"key": each.key, "state": Effect.State(each.state).label}
        yield Entry(
            at=each.begun_at,
            until=each.finished_at,
            key=f"5:effect:{each.pk}",
            kind="item",
            what=_("Act that can't be undone: %(key)s – %(state)s") % words,
            subject=(ITEM, each.item_id),
            tone="done" if each.state == Effect.State.FINISHED else "retry",
            note=each.reference,
        )


def _run_url(run_id: int | None) -> str:
    return reverse("runs:run_detail", args=[run_id]) if run_id else ""


# --- instances


def _instances(subjects: Subjects) -> Iterator[Entry]:
    for each in subjects.instances.values():
        url = reverse("instances:instance_detail", args=[each.pk])
        yield Entry(
            at=each.started_at,
            key=f"1:instance:{each.pk}",
            kind="instance",
            what=_("The workflow “%(title)s” began") % {"title": each.workflow.title},
            subject=(INSTANCE, each.pk),
            tone="running",
            who=each.started_by,
            url=url,
            stands_for=("instance.started",),
        )
        if each.ended_at is not None:
            yield _instance_end(each, each.ended_at, url)


def _instance_end(instance: WorkflowInstance, at: datetime, url: str) -> Entry:
    words = {
        "title": instance.workflow.title,
        "how": WorkflowInstance.Status(instance.status).label,
    }
    return Entry(
        at=at,
        key=f"9:instance-end:{instance.pk}",
        kind="instance",
        what=_("The workflow “%(title)s” ended: %(how)s") % words,
        subject=(INSTANCE, instance.pk),
        tone=ENDS.get(instance.status, "cancelled"),
        note=instance.error_message or instance.reason,
        url=url,
        stands_for=("instance.completed", "instance.failed", "instance.cancelled"),
    )


def _steps(subjects: Subjects) -> Iterator[Entry]:
    graphs = _Graphs(subjects)
    pks = list(subjects.instances)
    steps = StepInstance.objects.filter(instance_id__in=pks).order_by().defer("delta")
    for step in steps[:MOST_STEPS] if pks else ():
        graph = graphs.of(step.instance_id)
        if is_gateway(graph, step.node):
            continue  # where the way parts: what came of it is in the list
        yield Entry(
            at=step.entered_at,
            until=step.ended_at,
            key=f"5:step:{step.instance_id}:{step.token}:{step.ended_at.timestamp()}",
            kind="step",
            what=_("Step “%(name)s”: %(outcome)s")
            % {
                "name": name_of(graph, step.node),
                "outcome": StepInstance.Outcome(step.outcome).label,
            },
            subject=(INSTANCE, step.instance_id),
            tone=TONES[StepInstance.Outcome(step.outcome)],
            who=step.by,
        )
    for token in Token.objects.filter(instance_id__in=pks)[:MOST_STEPS] if pks else ():
        name = name_of(graphs.of(token.instance_id), token.node)
        yield Entry(
            at=token.entered_at,
            key=f"5:token:{token.instance_id}:{token.number}",
            kind="step",
            what=_("Step “%(name)s” is where it is now") % {"name": name},
            subject=(INSTANCE, token.instance_id),
            tone="failed" if status_of(token) == "faulted" else status_of(token),
            note=_("Waits for: %(what)s") % {"what": token.get_waits_for_display()},
        )


class _Graphs:
    """The drawings of the versions, read once each."""

    def __init__(self, subjects: Subjects) -> None:
        self._versions = {pk: row.version_id for pk, row in subjects.instances.items()}

    def of(self, instance_id: int) -> Graph:
        return graph_of(self._versions[instance_id])


def _incidents(subjects: Subjects) -> Iterator[Entry]:
    graphs = _Graphs(subjects)
    pks = list(subjects.instances)
    for each in Incident.objects.filter(instance_id__in=pks).order_by() if pks else ():
        name = name_of(graphs.of(each.instance_id), each.node)
        common: dict[str, Any] = {"kind": "step", "subject": (INSTANCE, each.instance_id)}
        yield Entry(
            at=each.opened_at,
            key=f"6:incident:{each.pk}",
            what=_("Step “%(name)s” needs repair") % {"name": name},
            tone="failed",
            note=each.message,
            stands_for=("incident.opened",),
            **common,
        )
        if each.resolved_at is not None:
            yield Entry(
                at=each.resolved_at,
                key=f"6:incident-end:{each.pk}",
                what=_("Step “%(name)s” was repaired: %(how)s")
                % {"name": name, "how": Incident.How(each.how).label},
                tone="done",
                who=each.resolved_by,
                note=each.reason,
                stands_for=("incident.resolved",),
                **common,
            )


# --- tasks


def _tasks(subjects: Subjects) -> Iterator[Entry]:
    for task in subjects.tasks.values():
        url = reverse("inbox:task", args=[task.pk])
        yield Entry(
            at=task.created_at,
            key=f"6:task:{task.pk}",
            kind="task",
            what=_("A person was asked: %(title)s") % {"title": task.title},
            subject=(TASK, task.pk),
            tone="person",
            note=str(UserTask.Kind(task.kind).label),
            url=url,
            stands_for=("user_task.asked",),
        )
        if task.decided_at is not None:
            yield _decision(task, task.decided_at, url)


def _decision(task: UserTask, at: datetime, url: str) -> Entry:
    is_decided = task.status == UserTask.Status.COMPLETED
    words = {"title": task.title, "how": UserTask.Status(task.status).label}
    what = _("Asked no more: %(how)s") % words
    if is_decided:
        titles = {each.get("key"): str(each.get("title", "")) for each in task.decisions}
        what = _("Decided: %(decision)s") % {"decision": titles.get(task.decision) or task.decision}
    return Entry(
        at=at,
        key=f"7:decision:{task.pk}",
        kind="decision" if is_decided else "task",
        what=what,
        subject=(TASK, task.pk),
        tone="done" if is_decided else "cancelled",
        who=task.decided_by_name,
        note=task.decision_comment,
        url=url,
        stands_for=("user_task.completed", "user_task.withdrawn"),
    )


# --- runs, and what started all this


def _runs(subjects: Subjects) -> Iterator[Entry]:
    for run in subjects.runs.values():
        words = {"n": run.pk, "title": run.version.automation.title}
        yield Entry(
            at=run.started_at or run.created_at,
            until=run.ended_at,
            key=f"4:run:{run.pk}",
            kind="run",
            what=_("Run %(n)d of “%(title)s”") % words,
            subject=(RUN, run.pk),
            tone=ENDS.get(run.status, "running" if run.status in Run.HELD else "waiting"),
            who=run.bot.name if run.bot else "",
            note=run.exit_reason or run.started_because,
            url=_run_url(run.pk),
            stands_for=("run.created",),
        )


def _starts(subjects: Subjects) -> Iterator[Entry]:
    """Index firing_of_subject; of items it knows the first of those that a firing added."""
    kinds = {INSTANCE: "instance", RUN: "run", ITEM: "items", TASK: "task"}
    for kind, subject_type in kinds.items():
        pks = list(subjects.of(kind))
        rows = Firing.objects.filter(
            subject_type=subject_type,
            subject_id__in=pks,
            trigger__folder_id__in=subjects.folders,
        )
        for each in rows.select_related("trigger").defer("event") if pks else ():
            yield Entry(
                at=each.fired_at,
                key=f"0:start:{each.pk}",
                kind="start",
                what=_("The trigger “%(title)s” started it") % {"title": each.trigger.title},
                subject=(kind, each.subject_id or 0),
                tone="done",
                who=each.by,
                note=str(Firing.Origin(each.origin).label),
                url=reverse("triggers:trigger_detail", args=[each.trigger_id]),
            )
