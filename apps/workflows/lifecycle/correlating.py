"""Brings messages to those who listen for them."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import orjson
from django.db import transaction
from django.db.models.functions import Now

from apps.lib.clock import database_now
from apps.lib.json import JsonObject
from apps.workflows.engine.events import Triggered
from apps.workflows.models import BufferedMessage
from apps.workflows.statements import (
    FIND_BUFFERED_FOR,
    LISTENERS,
    LOCK_MESSAGES,
    START_LISTENERS,
)

from .happenings import Happening
from .running import run
from .starting import Starting, start_by_event
from .stepping import step

SWEPT = 200


class _Message(NamedTuple):
    id: int
    folder_id: int
    name: str
    key: str
    variables: JsonObject
    by: str
    sender: int | None
    is_expired: bool


@transaction.atomic
def correlate(ids: Iterable[int]) -> int:
    """Let these messages be heard; return how many were. Those that are expired go."""
    messages = {row[0]: _message(row) for row in run(LOCK_MESSAGES, {"ids": sorted(set(ids))})}
    heard: dict[int, set[int]] = {}  # message: workflows that have had it
    _tell_instances(messages, heard)
    _start_instances(messages, heard)
    done = [number for number, each in messages.items() if number in heard or each.is_expired]
    BufferedMessage.objects.filter(pk__in=done).delete()
    return len(heard)


def correlate_kept(instances: Iterable[int]) -> int:
    """Let messages be heard that were kept while these instances could not hear them."""
    return correlate(row[0] for row in run(FIND_BUFFERED_FOR, {"instances": list(instances)}))


def sweep_messages() -> int:
    """Let go of what nobody heard in time; the last chance to be heard is now."""
    expired = BufferedMessage.objects.filter(expires_at__lte=Now()).order_by("expires_at")
    ids = list(expired.values_list("pk", flat=True)[:SWEPT])
    if ids:
        correlate(ids)
    return len(ids)


def _tell_instances(messages: dict[int, _Message], heard: dict[int, set[int]]) -> None:
    """Step those who listen, in rounds: who turns out to have gone, or to have had another message
    before, leaves this one to the next."""
    tried: list[tuple[int, int]] = []
    while asked := _asked(messages, heard, tried):
        effective = {id(each) for each in step([happening for happening, *_rest in asked])}
        for happening, message_id, workflow_id, number in asked:
            if id(happening) in effective:
                heard.setdefault(message_id, set()).add(workflow_id)
            else:
                tried.append((happening.instance_id, number))


def _asked(
    messages: dict[int, _Message], heard: dict[int, set[int]], tried: Sequence[tuple[int, int]]
) -> list[tuple[Happening, int, int, int]]:
    """Return whom to tell of which message in this round, with its workflow and subscription."""
    now = database_now()
    asked: dict[tuple[int, int], tuple[Happening, int, int, int]] = {}
    for message_id, workflow_id, instance_id, number in _listeners(messages, tried):
        place = (instance_id, number)
        if place in asked or workflow_id in heard.get(message_id, ()):
            continue
        event = Triggered(at=now, subscription=number, variables=messages[message_id].variables)
        asked[place] = (Happening(instance_id, event), message_id, workflow_id, number)
    return list(asked.values())


def _message(row: tuple[Any, ...]) -> _Message:
    number, folder_id, name, key, variables, *rest = row
    return _Message(number, folder_id, name, key, orjson.loads(variables), *rest)


def _listeners(
    messages: dict[int, _Message], tried: Sequence[tuple[int, int]]
) -> list[tuple[Any, ...]]:
    if not messages:
        return []
    values = {
        "ids": list(messages),
        "not_instances": [instance_id for instance_id, _number in tried],
        "not_numbers": [number for _instance, number in tried],
    }
    return run(LISTENERS, values)


def _start_instances(messages: dict[int, _Message], heard: dict[int, set[int]]) -> None:
    starts = []
    for message_id, workflow_id, version_id, node in (
        run(START_LISTENERS, {"ids": list(messages)}) if messages else []
    ):
        if workflow_id not in heard.get(message_id, ()):
            message = messages[message_id]
            start = Starting(version_id, node, message.variables, message.by, message.sender)
            starts.append(start)
            heard.setdefault(message_id, set()).add(workflow_id)
    if starts:
        start_by_event(starts)
