"""News for instances: from queues, from the inbox, and from each other."""

from itertools import chain

from apps.events.bus import News, subscribe, subscribe_many

from . import lifecycle


@subscribe_many("work_item.ended")
def go_on_after_items(news: list[News]) -> None:
    """Bots (or people for them) have ended the work of steps."""
    lifecycle.items_ended(chain.from_iterable(each.data["items"] for each in news))  # type: ignore[arg-type]


@subscribe_many(lifecycle.COUNTED)
def go_on_after_fan_outs(news: list[News]) -> None:
    """Results of fan-outs have come in; see whether they were the last."""
    places = chain.from_iterable(each.data["fan_outs"] for each in news)  # type: ignore[arg-type]
    lifecycle.finish_fan_outs((instance_id, token) for instance_id, token in places)  # type: ignore[misc]


@subscribe_many(lifecycle.HAPPENED)
def let_happen(news: list[News]) -> None:
    """What one instance brings about in others, and what was kept for later."""
    for each in news:
        lifecycle.step(lifecycle.heard(each.data["happenings"]))  # type: ignore[arg-type]


@subscribe_many(lifecycle.PUBLISHED)
def bring_messages(news: list[News]) -> None:
    """Messages were published, or somebody began to listen for some that are kept."""
    lifecycle.correlate(chain.from_iterable(each.data["ids"] for each in news))  # type: ignore[arg-type]


@subscribe(lifecycle.STARTS)
def start_by_signal(news: News) -> None:
    """A signal starts instances."""
    rows = news.data["starts"]
    lifecycle.start_by_event(lifecycle.Starting(*row) for row in rows)  # type: ignore[union-attr, misc]


@subscribe("user_task.decided")
def go_on_after_people(news: News) -> None:
    """A person decided a user task, or about an incident."""
    lifecycle.task_decided(news.data)
