"""The events of tasks: history, audit, news, and a nudge to whoever looks at them."""

from apps.events.bus import publish
from apps.inbox.models import UserTask
from apps.lib.actors import Actor
from apps.lib.json import JsonObject


def record_event(kind: str, task: UserTask, by: Actor, data: JsonObject) -> None:
    """Record that `by` did `kind` to the task, in the caller's transaction."""
    publish(
        kind,
        subject=("task", task.pk),
        folder_id=task.folder_id,
        by=by,
        data=data,
        topics=topics_of(task),
    )


def topics_of(task: UserTask) -> list[str]:
    """Return what open pages listen to that show the task, besides the task itself."""
    of_instance = [f"instance:{task.instance_id}"] if task.instance_id else []
    return [f"inbox:{task.folder_id}", *of_instance]
