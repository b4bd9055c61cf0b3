"""Outside systems that call webhooks, well and badly, over real sockets."""

import http.client
import json
import time
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from apps.accounts.models import Folder
from apps.lib.secrecy import Secret
from apps.queues.models import ItemFile, WorkItem, WorkQueue
from apps.triggers.models import Delivery, Firing, Trigger
from apps.triggers.receiving.signatures import sign
from apps.triggers.receiving.signing import replace_secret
from tests.factories_queues import ANNA, make_queue
from tests.factories_triggers import adds_to, fresh, make_trigger

TIMEOUT_SECONDS = 30


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Caller:
    """Signs as Standard Webhooks has it, and sends to one address."""

    port: int
    path: str
    secret: Secret
    sent: int = field(default=0)

    def headers(self, body: bytes, **given: Any) -> dict[str, str]:
        """Return the headers of a good call; `given` says what is different, None leaves out."""
        webhook_id = str(given.pop("id", f"msg_{uuid4().hex}"))
        at = int(given.pop("at", time.time()))
        secret = given.pop("secret", self.secret)
        found: dict[str, Any] = {
            "content-type": "application/json",
            "webhook-id": webhook_id,
            "webhook-timestamp": str(at),
            "webhook-signature": sign(secret, webhook_id, at, body),
        }
        found |= {name.replace("_", "-"): value for name, value in given.items()}
        return {name: value for name, value in found.items() if value is not None}

    def call(self, body: Any = None, *, method: str = "POST", **given: Any) -> Answer:
        raw = body if isinstance(body, bytes) else json.dumps(body or {"n": 1}).encode()
        return self.send(raw, self.headers(raw, **given), method=method)

    def send(self, raw: bytes, headers: dict[str, str], *, method: str = "POST") -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT_SECONDS)
        try:
            connection.request(method, self.path, body=raw, headers=headers)
            return self.read(connection)
        finally:
            connection.close()

    def read(self, connection: http.client.HTTPConnection) -> Answer:
        found = connection.getresponse()
        headers = {name.lower(): value for name, value in found.getheaders()}
        return Answer(found.status, headers, found.read())


def webhook(folder: Folder, queue: WorkQueue | None = None, **said: Any) -> Trigger:
    """Return a trigger that adds an item for each call; its number is `{event.body.n}`."""
    rule = {"source": "webhook", **said.pop("rule", {})}
    queue = queue or make_queue(folder=folder)
    target = said.pop("target", adds_to(queue, n="{event.body.n}"))
    return make_trigger(folder, kind="event", rule=rule, target=target, **said)


def caller_of(trigger: Trigger, port: int) -> Caller:
    secret = replace_secret(trigger, by=ANNA)
    return Caller(port, f"/hooks/{fresh(trigger).hook_key}", secret)


def items_in(folder: Folder) -> list[dict[str, Any]]:
    """Return the payloads of all items of the folder, oldest first."""
    rows = WorkItem.objects.filter(queue__folder=folder).order_by("pk")
    return list(rows.values_list("payload", flat=True))


def deliveries_of(trigger: Trigger) -> list[tuple[str, str]]:
    """Return outcome and reason of each delivery, oldest first."""
    rows = Delivery.objects.filter(trigger=trigger).order_by("pk")
    return list(rows.values_list("outcome", "reason"))


def started(trigger: Trigger) -> int:
    return Firing.objects.filter(trigger=trigger, outcome=Firing.Outcome.FIRED).count()


def contents() -> list[tuple[str, bytes]]:
    """Return name and content of each file of an item, in the order they were attached."""
    found = []
    for kept in ItemFile.objects.order_by("pk"):
        with kept.file.open("rb") as file:
            found.append((kept.name, file.read()))
    return found
