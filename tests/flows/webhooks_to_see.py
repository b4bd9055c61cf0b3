"""A webhook with calls that were taken, given up and wait; and a hidden chain for the map."""

import json

from apps.accounts.models import Folder
from apps.events.causes import in_the_course_of
from apps.landscape.upkeep import count_days, read_diagrams
from apps.webhooks.lifecycle.secrets import add_secret
from apps.webhooks.models import Delivery, Endpoint, Message, Try
from apps.webhooks.payloads import new_uid
from tests.factories_queues import ANNA, make_item, make_items, make_queue

HEAD = {"Content-Type": "application/json", "webhook-signature": "v1,•••"}


def make_webhooks_to_see(folder: Folder) -> None:
    """Make one that is paused, so that nothing leaves the house; the second time nothing."""
    if Endpoint.objects.filter(folder=folder, key="seen").exists():
        return
    endpoint = Endpoint.objects.create(
        folder=folder, key="seen", title="Ledger", url="https://ledger.example.com/hooks/4711",
        kinds=["instance.failed", "run.failed", "alert.fired"], status=Endpoint.Status.PAUSED,
    )  # fmt: skip
    add_secret(endpoint, by=ANNA)
    for status, answer, error in (
        ("delivered", 204, ""), ("delivered", 200, ""), ("failed", 500, "It answers 500."),
        ("delivered", 204, ""), ("waiting", 0, "Nothing listens there."),
    ):  # fmt: skip
        _call(endpoint, status, answer, error)
    first = make_queue("seen-letters", folder=folder, title="Letters")
    with in_the_course_of("item", make_item(first).pk):
        make_items(make_queue("seen-stamps", folder=folder, title="Stamps"), 12)
    read_diagrams()
    count_days()


def _call(endpoint: Endpoint, status: str, answer: int, error: str) -> None:
    uid = new_uid()
    message = Message.objects.create(
        uid=uid, kind="run.failed", folder_id=endpoint.folder_id, occasion=uid,
        body=json.dumps({"id": uid, "type": "run.failed", "version": 1, "data": {"id": 12}}),
    )  # fmt: skip
    delivery = Delivery.objects.create(
        endpoint=endpoint, message=message, kind="run.failed", tries=1, status=status,
        answer=answer, error=error,
        ended_at=None if status == "waiting" else endpoint.created_at,
    )  # fmt: skip
    Try.objects.create(
        delivery=delivery, number=1, milliseconds=84, answer=answer, error=error,
        request_head={**HEAD, "webhook-id": uid}, response_head={"server": "ledger"},
        response_body="see you" if answer else "",
    )  # fmt: skip
