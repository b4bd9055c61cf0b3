"""Events of the control room itself that a trigger may listen to, and what they tell.

Single acts of people, and ends. What happens to items in masses is told of only where somebody
must see to it (`item.needs_decision`): for the rest there are triggers on queues and states.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.assets.models import Asset
from apps.bots.models import Bot, Run
from apps.events.bus import News
from apps.lib.json import Json, JsonObject
from apps.limits.models import Application
from apps.queues.models import WorkItem, WorkQueue
from apps.workflows.models import Workflow, WorkflowInstance

# what people choose, and what it says
KINDS: Final[Mapping[str, "str | Promise"]] = {
    "instance.ended": _("An instance of a workflow has ended, well or not"),
    "instance.completed": _("An instance of a workflow ran to its end"),
    "instance.failed": _("An instance of a workflow ended with an error"),
    "incident.opened": _("A step of an instance needs repair"),
    "run.ended": _("A run of an automation has ended, well or not"),
    "run.failed": _("A run of an automation broke or was lost"),
    "item.needs_decision": _("An item waits for a person"),
    "queue.paused": _("A queue was paused"),
    "queue.resumed": _("A queue was resumed"),
    "application.opened": _("The breaker of an application opened"),
    "application.closed": _("The breaker of an application closed"),
    "bot.standing_changed": _("A bot was enabled, drained or disabled"),
    "asset.changed": _("An asset was changed"),
    "signal.broadcast": _("A signal was sent"),
    "workflow.deployed": _("A version of a workflow was deployed"),
}
# what the bus calls it → what people may have chosen for it
HEARD: Final[Mapping[str, tuple[str, ...]]] = {
    "instance.completed": ("instance.ended", "instance.completed"),
    "instance.failed": ("instance.ended", "instance.failed"),
    "instance.cancelled": ("instance.ended",),
    "run.ended": ("run.ended", "run.failed"),
    "work_item.needs_decision": ("item.needs_decision",),
    **{
        same: (same,)
        for same in (
            "incident.opened",
            "queue.paused",
            "queue.resumed",
            "application.opened",
            "application.closed",
            "bot.standing_changed",
            "asset.changed",
            "signal.broadcast",
            "workflow.deployed",
        )
    },
}
BROKEN: Final = frozenset({Run.Status.FAULTED.value, Run.Status.LOST.value})


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """One thing that happened: to what, and what a trigger is told."""

    names: tuple[str, ...]
    subject: tuple[str, int]
    folder_id: int
    # what `of` of a rule compares: the key of the workflow, automation, queue, …
    key: str
    # the same happening has the same one, however often it is told
    occasion: str
    data: JsonObject = field(default_factory=dict)

    def event_for(self, name: str) -> JsonObject:
        """Return what conditions and targets see as `event`."""
        kind, number = self.subject
        return {"name": name, "subject": kind, "id": number, "key": self.key, **self.data}


def happened(news: News) -> list[Happened]:
    """Return what the news tells of; what is gone meanwhile is left out. Two queries at most."""
    return READERS.get(news.kind, _single)(news)


def _instances(news: News) -> list[Happened]:
    wanted = _ids(news, "ids")
    rows = WorkflowInstance.objects.filter(pk__in=wanted).select_related("workflow")
    return [
        Happened(
            names=HEARD[news.kind],
            subject=("instance", row.pk),
            folder_id=row.folder_id,
            key=row.workflow.key,
            occasion=f"{news.kind} {row.pk}",
            data={
                "status": str(row.status),
                "business_key": row.business_key,
                "result": row.result,
                "error": row.error_code,
                "message": row.error_message[:500],
            },
        )
        for row in rows
    ]


def _runs(news: News) -> list[Happened]:
    rows = Run.objects.filter(pk__in=_ids(news, "ids")).select_related("version__automation")
    return [
        Happened(
            names=tuple(name for name in HEARD[news.kind] if _is_run(name, str(row.status))),
            subject=("run", row.pk),
            folder_id=row.folder_id,
            key=row.version.automation.key,
            occasion=f"{news.kind} {row.pk}",
            data={
                "status": str(row.status),
                "output": row.output,
                "message": row.exit_reason[:500],
            },
        )
        for row in rows
    ]


def _is_run(name: str, status: str) -> bool:
    return name != "run.failed" or status in BROKEN


def _items(news: News) -> list[Happened]:
    listed: Any = news.data.get("items", [])
    told = {int(each["id"]): each for each in listed if isinstance(each, dict)}
    rows = WorkItem.objects.filter(pk__in=told).select_related("queue")
    return [
        Happened(
            names=HEARD[news.kind],
            subject=("item", row.pk),
            folder_id=row.queue.folder_id,
            key=row.queue.key,
            occasion=f"{news.kind} {row.pk}.{told[row.pk].get('attempt')}",
            data={
                "reference": row.reference,
                "code": str(told[row.pk].get("code") or ""),
                "message": str(told[row.pk].get("message") or "")[:500],
            },
        )
        for row in rows
    ]


def _single(news: News) -> list[Happened]:
    """What was published: one subject, with an event in the history."""
    if news.subject is None or news.folder_id is None:
        return []
    data: JsonObject = {} if news.kind == "asset.changed" else dict(news.data)
    return [
        Happened(
            names=HEARD[news.kind],
            subject=news.subject,
            folder_id=news.folder_id,
            key=_key_of(news),
            occasion=f"event {news.event_id}",
            data={**data, "by": news.by.name if news.by else ""},
        )
    ]


def _key_of(news: News) -> str:
    """Return the key by which people know the subject; "" for one that has none."""
    if news.kind == "signal.broadcast":
        return str(news.data.get("name", ""))
    kind, number = news.subject or ("", 0)
    find = KEYS.get(kind)
    return (find(number) if find else "") or ""


def _first(rows: Any, name: str) -> str:
    found = rows.values_list(name, flat=True).first()
    return str(found or "")


KEYS: Final[Mapping[str, Callable[[int], str]]] = {
    "queue": lambda pk: _first(WorkQueue.objects.filter(pk=pk), "key"),
    "application": lambda pk: _first(Application.objects.filter(pk=pk), "key"),
    "asset": lambda pk: _first(Asset.objects.filter(pk=pk), "key"),
    "workflow": lambda pk: _first(Workflow.objects.filter(pk=pk), "key"),
    "bot": lambda pk: _first(Bot.objects.filter(pk=pk), "name"),
    "instance": lambda pk: _first(WorkflowInstance.objects.filter(pk=pk), "workflow__key"),
}


def _ids(news: News, name: str) -> list[int]:
    """Return the numbers that are told of: those listed, or that of the subject."""
    listed: Json = news.data.get(name)
    if isinstance(listed, Iterable) and not isinstance(listed, str | dict):
        return [each for each in listed if isinstance(each, int)]
    return [news.subject[1]] if news.subject else []


READERS: Final[Mapping[str, Callable[[News], list[Happened]]]] = {
    "instance.completed": _instances,
    "instance.failed": _instances,
    "instance.cancelled": _instances,
    "run.ended": _runs,
    "work_item.needs_decision": _items,
}
