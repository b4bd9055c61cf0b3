"""From what happened to what is to be sent: one message each, one delivery for each endpoint."""

from collections import defaultdict
from collections.abc import Iterable

from django.db import transaction

from apps.events.bus import News
from apps.events.live import nudge
from apps.lib.clock import utc_now
from apps.webhooks.kinds import Happened, happened, names_of
from apps.webhooks.models import Delivery, Endpoint, Message
from apps.webhooks.payloads import body_of, new_uid


def hear(news: list[News]) -> None:
    """Write down who is to be told of these. Safe to be told twice: part of the transaction that
    takes the news from the outbox, and unique by what happened.

    Most folders tell nobody: that costs one look at a small table.
    """
    listening = _listening()
    if listening:
        found = [(what, each) for each in news for what in _told(each, listening)]
        if found:
            _write(found, listening)


def _listening() -> dict[int, list[Endpoint]]:
    """Return all endpoints by folder; of those that are paused or rest it gathers."""
    found = defaultdict(list)
    for endpoint in Endpoint.objects.select_related("folder"):
        found[endpoint.folder_id].append(endpoint)
    return found


def _told(news: News, listening: dict[int, list[Endpoint]]) -> Iterable[Happened]:
    """Read the rows only where somebody wants to know: in masses, that is what it costs."""
    folders = listening if news.folder_id is None else [news.folder_id]
    names = names_of(news.kind)
    wanted = any(
        names & set(each.kinds) for folder in folders for each in listening.get(folder, ())
    )
    if not wanted:
        return []
    return [each for each in happened(news) if _who_wants(each, listening)]


def _who_wants(what: Happened, listening: dict[int, list[Endpoint]]) -> list[Endpoint]:
    return [
        each
        for each in listening.get(what.folder_id, ())
        if set(what.names) & set(each.kinds) and each.of in ("", what.key)
    ]


@transaction.atomic
def _write(found: list[tuple[Happened, News]], listening: dict[int, list[Endpoint]]) -> None:
    messages = {}
    for what, news in found:
        message = _message(what, news, listening[what.folder_id][0].folder.key)
        messages[message.folder_id, message.kind, message.occasion] = (message, what)
    made = [message for message, _what in messages.values()]
    Message.objects.bulk_create(made, ignore_conflicts=True)
    stored = Message.objects.filter(uid__in=[each.uid for each in made])
    # what is missing was known: its deliveries were made with it
    ids = dict(stored.values_list("uid", "pk"))
    deliveries = [
        Delivery(endpoint=endpoint, message_id=ids[message.uid], kind=message.kind)
        for message, what in messages.values()
        if message.uid in ids
        for endpoint in _who_wants(what, listening)
    ]
    Delivery.objects.bulk_create(deliveries, ignore_conflicts=True)
    nudge("webhooks", *{f"webhook:{each.endpoint_id}" for each in deliveries})


def _message(what: Happened, news: News, folder_key: str) -> Message:
    uid, at = new_uid(), news.at or utc_now()
    return Message(
        uid=uid,
        kind=what.names[-1],
        folder_id=what.folder_id,
        occasion=what.occasion[:200],
        body=body_of(uid, what, folder_key=folder_key, at=at),
    )
