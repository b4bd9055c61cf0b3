"""What a search found, as people read it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.bots.models import Run
from apps.inbox.models import UserTask
from apps.queues.models import WorkItem
from apps.workflows.models import WorkflowInstance

from .asking import INSTANCE, ITEM, RUN, TASK

ICONS: Final = {
    ITEM: "stack-2", INSTANCE: "sitemap", RUN: "robot", TASK: "inbox", "queue": "stack-2",
    "workflow": "sitemap", "decision": "table", "bot": "robot", "pool": "robot",
    "automation": "terminal-2", "trigger": "calendar-clock", "application": "server",
    "person": "user-circle", "page": "arrow-right", "timeline": "history",
}  # fmt: skip
KINDS: Final[dict[str, Any]] = {
    "timeline": gettext_lazy("Timelines"),
    ITEM: gettext_lazy("Items"),
    INSTANCE: gettext_lazy("Instances"),
    TASK: gettext_lazy("Tasks"),
    RUN: gettext_lazy("Runs"),
    "queue": gettext_lazy("Queues"),
    "workflow": gettext_lazy("Workflows"),
    "decision": gettext_lazy("Decision tables"),
    "trigger": gettext_lazy("Triggers"),
    "bot": gettext_lazy("Bots"),
    "pool": gettext_lazy("Pools"),
    "automation": gettext_lazy("Automations"),
    "application": gettext_lazy("Applications"),
    "person": gettext_lazy("People"),
    "page": gettext_lazy("Pages"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """`pk` 0: a page, or a timeline. `status`: as badges know it, `word`: as they say it."""

    kind: str
    pk: int
    title: str
    url: str
    note: str = ""
    folder: str = ""
    reference: str = ""
    status: str = ""
    word: str = ""
    at: datetime | None = None

    @property
    def icon(self) -> str:
        return ICONS[self.kind]

    @property
    def kind_word(self) -> str:
        return one_of(self.kind)


def one_of(kind: str) -> str:
    """Return what one thing of the kind is called."""
    words = {
        ITEM: _("Item"), INSTANCE: _("Instance"), RUN: _("Run"), TASK: _("Task"),
        "queue": _("Queue"), "workflow": _("Workflow"), "decision": _("Decision table"),
        "bot": _("Bot"), "pool": _("Pool"), "automation": _("Automation"),
        "trigger": _("Trigger"), "application": _("Application"), "person": _("Person"),
        "page": _("Page"), "timeline": _("Timeline"),
    }  # fmt: skip
    return words[kind]


def item_hit(item: WorkItem) -> Hit:
    """Of an item with its queue and folder, annotated by `with_status`."""
    return Hit(
        kind=ITEM,
        pk=item.pk,
        title=item.reference or f"#{item.pk}",
        url=reverse("items:item_detail", args=[item.pk]),
        note=f"{item.queue.title} · #{item.pk}" if item.reference else item.queue.title,
        folder=item.queue.folder.title,
        reference=item.reference,
        status=item.status,
        word=str(dict(WorkItem.Status.choices).get(item.status, "")),
        at=item.entered_at,
    )


def instance_hit(instance: WorkflowInstance) -> Hit:
    name = instance.business_key
    return Hit(
        kind=INSTANCE,
        pk=instance.pk,
        title=name or f"#{instance.pk}",
        url=reverse("instances:instance_detail", args=[instance.pk]),
        note=f"{instance.workflow.title} · #{instance.pk}" if name else instance.workflow.title,
        folder=instance.folder.title,
        reference=name,
        status=instance.status,
        word=str(WorkflowInstance.Status(instance.status).label),
        at=instance.started_at,
    )


def run_hit(run: Run) -> Hit:
    title = _("Run %(n)d") % {"n": run.pk}  # as its page is called
    bot = f" · {run.bot}" if run.bot else ""
    return Hit(
        kind=RUN,
        pk=run.pk,
        title=title,
        url=reverse("runs:run_detail", args=[run.pk]),
        note=f"{run.version.automation.title}{bot}",
        folder=run.folder.title,
        status=run.status,
        word=str(Run.Status(run.status).label),
        at=run.started_at or run.created_at,
    )


def task_hit(task: UserTask) -> Hit:
    status = "needs_decision" if task.is_open else task.status
    return Hit(
        kind=TASK,
        pk=task.pk,
        title=task.title,
        url=reverse("inbox:task", args=[task.pk]),
        note=f"{UserTask.Kind(task.kind).label} · #{task.pk}",
        folder=task.folder.title,
        status=status,
        word=str(UserTask.Status(task.status).label),
        at=task.created_at,
    )


def rows_of(kind: str, pks: Collection[int], folders: Collection[int]) -> list[Any]:
    """Return these things, with what a hit shows, of these folders; in the order of `pks`."""
    found = {row.pk: row for row in _ROWS[kind](pks, folders)} if pks and folders else {}
    return [found[pk] for pk in pks if pk in found]


def _items(pks: Collection[int], folders: Collection[int]) -> Any:
    rows = WorkItem.objects.filter(pk__in=pks, queue__folder_id__in=folders).defer("payload")
    return rows.with_status().select_related("queue__folder")


def _instances(pks: Collection[int], folders: Collection[int]) -> Any:
    rows = WorkflowInstance.objects.filter(pk__in=pks, folder_id__in=folders).defer("result")
    return rows.select_related("workflow", "folder")


def _runs(pks: Collection[int], folders: Collection[int]) -> Any:
    rows = Run.objects.filter(pk__in=pks, folder_id__in=folders).defer("input", "output")
    return rows.select_related("version__automation", "bot", "folder")


def _tasks(pks: Collection[int], folders: Collection[int]) -> Any:
    rows = UserTask.objects.filter(pk__in=pks, folder_id__in=folders)
    return rows.defer("form", "values", "decision_values", "predictions").select_related("folder")


_ROWS: Final = {ITEM: _items, INSTANCE: _instances, RUN: _runs, TASK: _tasks}
HIT_OF: Final[dict[str, Any]] = {
    ITEM: item_hit, INSTANCE: instance_hit, RUN: run_hit, TASK: task_hit,
}  # fmt: skip


def hits_of(kind: str, pks: Collection[int], folders: Collection[int]) -> list[Hit]:
    """Return what these things look like; those of other folders are as if they were not there."""
    return [HIT_OF[kind](row) for row in rows_of(kind, pks, folders)]
