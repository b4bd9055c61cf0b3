"""Endpoints and what they are told, for tests."""

from itertools import count
from typing import Any

from apps.accounts.models import Folder
from apps.events.bus import deliver_outbox, publish
from apps.lib.secrecy import Secret
from apps.webhooks import lifecycle
from apps.webhooks.models import Delivery, Endpoint
from tests.factories_queues import ANNA

_numbers = count(1)
KIND = "queue.paused"


def make_endpoint(folder: Folder, url: str, **said: Any) -> tuple[Endpoint, Secret]:
    """Return an endpoint that is told when a queue is paused, and its secret."""
    key = said.pop("key", f"hook-{next(_numbers)}")
    endpoint = Endpoint(folder=folder, key=key)
    values = {"title": key.capitalize(), "url": url, "kinds": [KIND], **said}
    _changes, secret = lifecycle.save_endpoint(endpoint, values, by=ANNA)
    assert secret is not None
    return endpoint, secret


def happen(folder: Folder, n: int = 1, kind: str = KIND, **data: Any) -> None:
    """Let something happen `n` times, and have it heard."""
    for number in range(n):
        said = {"reason": "tea", **data}
        publish(kind, subject=("queue", 10 + number), folder_id=folder.pk, by=ANNA, data=said)
    while deliver_outbox():
        pass


def deliveries(endpoint: Endpoint) -> list[Delivery]:
    return list(Delivery.objects.filter(endpoint=endpoint).order_by("pk"))


def statuses(endpoint: Endpoint) -> list[str]:
    return [str(each.status) for each in deliveries(endpoint)]
