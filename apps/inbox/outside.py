"""What webhooks are told of tasks: which, of what kind and whose; never what somebody typed."""

from collections.abc import Iterable

from django.utils.translation import gettext_lazy as _

from apps.events.bus import News
from apps.lib.json import JsonObject
from apps.webhooks.kinds import Published, register

from .models import UserTask

NAMES = {"user_task.opened": "task.opened", "user_task.completed": "task.decided"}


def tasks(news: News) -> Iterable[Published]:
    """Return the tasks that the news tells of; those that are gone are left out."""
    listed = news.data.get("tasks")
    told = listed if isinstance(listed, list) else [news.subject[1]] if news.subject else []
    ids = [each for each in told if isinstance(each, int)]
    rows = UserTask.objects.filter(pk__in=ids).select_related("queue", "item")
    return [_told(news, row) for row in rows]


def _told(news: News, task: UserTask) -> Published:
    # a task that is taken back may be decided again: each time is an event of its own
    occasion = f"event {news.event_id}" if news.event_id else f"{news.kind} {task.pk}"
    data: JsonObject = {
        "kind": str(task.kind),
        "status": str(task.status),
        "item": task.item_id,
        "reference": task.item.reference if task.item else "",
        "instance": task.instance_id,
        "due_at": task.due_at.isoformat() if task.due_at else None,
    }
    if news.by is not None:
        data |= {"by": news.by.name, "decision": news.data.get("decision", "")}
    return Published(
        names=(NAMES[news.kind],),
        subject=("task", task.pk),
        folder_id=task.folder_id,
        key=task.queue.key if task.queue else "",
        occasion=occasion,
        data=data,
    )


register(
    {"task.opened": _("A task is new"), "task.decided": _("A task was decided")},
    heard={kind: [name] for kind, name in NAMES.items()},
    read=tasks,
)
