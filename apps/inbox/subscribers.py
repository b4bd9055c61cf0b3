"""News from the queues: which items to look at again."""

from apps.events.bus import News, subscribe
from apps.lib.actors import SYSTEM

from . import outside  # noqa: F401 - registers as it is loaded
from .candidates import TEAM
from .lifecycle import open_second_looks, reconcile_tasks, refresh_values
from .lifecycle.assigning import withdraw_offer
from .models import UserTask
from .telling import tell_opened


@subscribe("work_item.needs_decision")
def ask_people(news: News) -> None:
    """Items have stopped until a person decides."""
    items = news.data.get("items")
    if isinstance(items, list):
        reconcile_tasks(item["id"] for item in items if isinstance(item, dict))  # type: ignore[misc]


@subscribe(
    "work_item.retried",
    "work_item.resumed",
    "work_item.held",
    "work_item.skipped",
    "work_item.cancelled",
    "work_item.rejected",
    "work_item.accepted",
    "work_item.answered",
    "work_item.completed_by_hand",
    "work_item.expired",
    "work_item.reopened",
    "work_item.effect_settled",
)
def stop_asking(news: News) -> None:
    """Somebody moved an item on elsewhere: its task, if open, is no longer needed."""
    for item_ids in (_subject(news), _listed(news)):
        reconcile_tasks(item_ids, by=news.by or SYSTEM, how=news.kind.partition(".")[2])


@subscribe("user_task.opened")
def tell_people(news: News) -> None:
    """Tasks are new: tell whose they are, or to whom they are offered."""
    tell_opened(_numbers(news.data.get("tasks")))


@subscribe("work_item.sampled")
def look_again(news: News) -> None:
    """A gate let results through and drew them for a second look."""
    items = news.data.get("items")
    drawn = [each for each in items if isinstance(each, dict)] if isinstance(items, list) else []
    open_second_looks((each["id"], each["attempt"]) for each in drawn)  # type: ignore[misc]


@subscribe("team.removed")
def offer_to_everybody(news: News) -> None:
    """A team is gone: what was offered to it alone must not lie where nobody may take it."""
    if news.subject is not None:
        withdraw_offer(f"{TEAM}{news.subject[1]}")


@subscribe("work_item.edited")
def show_new_values(news: News) -> None:
    """Somebody changed the data: open tasks show it, and decisions on the old data are refused."""
    for task in UserTask.objects.open().filter(item_id__in=_subject(news)):
        refresh_values(task)


def _subject(news: News) -> list[int]:
    return [news.subject[1]] if news.subject and news.subject[0] == "item" else []


def _listed(news: News) -> list[int]:
    """Machines' news name many items at once: `items` or `ids`."""
    found = news.data.get("items") or news.data.get("ids") or []
    entries = found if isinstance(found, list) else []
    numbers = [entry.get("id") if isinstance(entry, dict) else entry for entry in entries]
    return [number for number in numbers if isinstance(number, int)]


def _numbers(listed: object) -> list[int]:
    return [each for each in listed if isinstance(each, int)] if isinstance(listed, list) else []
