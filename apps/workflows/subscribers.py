"""News for instances: from queues, from the inbox, and from each other."""

from collections.abc import Iterable, Iterator
from typing import Any

from apps.events.bus import News, subscribe, subscribe_many
from apps.events.live import nudge
from apps.queues.models import Owned

from . import lifecycle

# Each news may tell of a hundred items; a step of too many would hold their instances too long
NEWS_AT_ONCE = 40
# Of more than these, open pages find the change by their own checks
MOST_SHOWN = 50


@subscribe_many("work_item.ended", at_once=NEWS_AT_ONCE)
def go_on_after_items(news: list[News]) -> None:
    """Bots (or people for them) have ended the work of steps."""
    lifecycle.items_ended(_listed(news, "items"))


@subscribe("work_item.needs_decision")
def show_who_is_asked(news: News) -> None:
    """A person is asked about the work of steps: open pages of their instances show it."""
    items = [item["id"] if isinstance(item, dict) else item for item in _listed([news], "items")]
    asked = Owned.objects.filter(item_id__in=items[:MOST_SHOWN])
    for owner_id in asked.values_list("owner_id", flat=True).distinct():
        nudge(f"instance:{owner_id}", "workflows")


@subscribe("user_task.opened")
def let_clocks_stand(news: News) -> None:
    """Tasks are new: those of paused instances don't get late."""
    lifecycle.let_clocks_stand(_listed([news], "tasks"))


@subscribe_many(lifecycle.COUNTED)
def go_on_after_fan_outs(news: list[News]) -> None:
    """Results of fan-outs have come in; see whether they were the last."""
    lifecycle.finish_fan_outs(tuple(place) for place in _listed(news, "fan_outs"))


@subscribe_many(lifecycle.HAPPENED, at_once=NEWS_AT_ONCE)
def let_happen(news: list[News]) -> None:
    """What one instance brings about in others, and what was kept for later."""
    lifecycle.let_happen(lifecycle.heard(_listed(news, "happenings")))


@subscribe(lifecycle.SIGNALLED)
def let_signals_happen(news: News) -> None:
    """A signal was sent; some of those who listened for it."""
    lifecycle.let_happen(lifecycle.signals_heard(news.data))


@subscribe_many(lifecycle.LISTENING)
def bring_messages_kept(news: list[News]) -> None:
    """Instances go on that could not hear all messages that came for them."""
    lifecycle.correlate_kept(_listed(news, "instances"))


@subscribe_many(lifecycle.PUBLISHED, at_once=NEWS_AT_ONCE)
def bring_messages(news: list[News]) -> None:
    """Messages were published, or somebody began to listen for some that are kept."""
    lifecycle.correlate(_listed(news, "ids"))


@subscribe(lifecycle.STARTS)
def start_by_signal(news: News) -> None:
    """A signal starts instances."""
    lifecycle.start_by_event(lifecycle.Starting(*row) for row in _listed([news], "starts"))


@subscribe("user_task.decided")
def go_on_after_people(news: News) -> None:
    """A person decided a user task, or about an incident."""
    lifecycle.task_decided(news.data)


def _listed(news: Iterable[News], name: str) -> Iterator[Any]:
    """Yield what stands under `name` in all of these news."""
    for each in news:
        found: Any = each.data[name]
        yield from found
