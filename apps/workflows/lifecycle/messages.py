"""Messages: published to a name and key, heard by at most one instance of each workflow.

A message is always written first, and heard in a step of its own: the publisher holds no instance,
so nobody waits for anybody in a circle. One that nobody hears is kept until its time to live ends.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts.models import Folder
from apps.events.bus import announce, publish
from apps.lib.actors import Actor
from apps.lib.errors import ConflictError, FieldProblem, InvalidError
from apps.lib.json import JsonObject
from apps.workflows.engine.changes import SendMessage
from apps.workflows.models import BufferedMessage
from apps.workflows.statements import (
    BUFFER_MESSAGES,
    FIND_BUFFERED,
    HAS_LISTENERS,
    LOCK_NAMES,
)

from .new_walks import insist_on_size
from .running import dumped, run
from .walks import Walk

# News of our own: {"ids": of messages}
PUBLISHED = "workflow.messages"
# {"instances": that can hear again}
LISTENING = "workflow.listening"
MAX_TEXT = 300
MAX_TTL_SECONDS = 366 * 86_400


class NobodyListensError(ConflictError):
    """Nothing waits for the message, and it may not wait either."""

    code = "nobody_listens"


@dataclass(frozen=True, slots=True)
class Published:
    """`is_awaited`: somebody listens for it now; if not, it waits until `expires_at`."""

    id: int
    is_awaited: bool
    expires_at: datetime | None


@transaction.atomic
def publish_message(
    folder: Folder,
    name: str,
    key: str,
    variables: JsonObject,
    *,
    by: Actor,
    ttl_seconds: float | None = None,
) -> Published:
    """Publish a message in `folder`. Raises NobodyListensError if nobody waits for it, and it has
    no time to live."""
    _check(name, key, variables, ttl_seconds)
    _lock_names([(folder.pk, name, key, True)])
    where = {"folder_id": folder.pk, "name": name, "key": key}
    is_awaited = bool(run(HAS_LISTENERS, where)[0][0])
    if not is_awaited and not ttl_seconds:
        raise NobodyListensError(
            _(
                "Nothing waits for message “%(name)s” with key “%(key)s” now. "
                "Send it with a time to live (ttl_seconds), so that it waits itself."
            )
            % {"name": name, "key": key}
        )
    row = {**where, "variables": variables, "by": by.name[:150], "ttl": ttl_seconds}
    (number,) = _buffer([row])
    announce(PUBLISHED, {"ids": [number]})
    publish(
        "message.published",
        subject=("folder", folder.pk),
        folder_id=folder.pk,
        by=by,
        data={"name": name, "key": key, "message": number, "is_awaited": is_awaited},
    )
    expires_at = BufferedMessage.objects.values_list("expires_at", flat=True).get(pk=number)
    return Published(number, is_awaited, expires_at if ttl_seconds else None)


def send_and_receive(
    commands: Sequence[tuple[Walk, SendMessage]], walks: Iterable[Walk], now: datetime
) -> None:
    """Write the messages that a step sent, and find those kept for whom it made listen."""
    sent = [
        {
            "folder_id": walk.facts.folder_id,
            "name": command.name[:MAX_TEXT],
            "key": command.key[:MAX_TEXT],
            "variables": command.variables,
            "by": (walk.graph.name or walk.graph.key)[:150],
            "sender": walk.id,
            "ttl": command.ttl_seconds,
        }
        for walk, command in commands
    ]
    listening = {
        (walk.facts.folder_id, row.name[:MAX_TEXT], row.key[:MAX_TEXT])
        for walk in walks
        if not walk.is_over
        for row in walk.put.get("subscriptions", {}).values()
        if row.kind == "message"
    }
    if not sent and not listening:
        return
    named = [(row["folder_id"], row["name"], row["key"], True) for row in sent]
    _lock_names(named + [(*place, False) for place in listening])
    ids = _buffer(sent) if sent else []
    ids += _kept_for(listening) if listening else []
    if ids:
        announce(PUBLISHED, {"ids": [*sorted(set(ids))]})


def _buffer(rows: Sequence[dict[str, Any]]) -> list[int]:
    numbered = [{**row, "n": n} for n, row in enumerate(rows)]
    return [row[0] for row in run(BUFFER_MESSAGES, {"messages": dumped(numbered)})]


def _kept_for(places: Iterable[tuple[int, str, str]]) -> list[int]:
    folders, names, keys = zip(*places, strict=True)
    values = {"folders": list(folders), "names": list(names), "keys": list(keys)}
    return [row[0] for row in run(FIND_BUFFERED, values)]


def _lock_names(places: Sequence[tuple[int, str, str, bool]]) -> None:
    folders, names, keys, alone = zip(*places, strict=True)
    run(
        LOCK_NAMES,
        {
            "folders": list(folders),
            "names": list(names),
            "keys": list(keys),
            "alone": list(alone),
        },
    )


def _check(name: str, key: str, variables: JsonObject, ttl_seconds: float | None) -> None:
    problems = []
    if not name:
        problems.append(FieldProblem("name", _("is needed")))
    for field, text in (("name", name), ("correlation_key", key)):
        if len(text) > MAX_TEXT:
            message = _("is longer than %(n)d characters") % {"n": MAX_TEXT}
            problems.append(FieldProblem(field, message))
        elif "\x00" in text:
            problems.append(FieldProblem(field, _("must not contain NUL characters")))
    if ttl_seconds is not None and not 0 <= ttl_seconds <= MAX_TTL_SECONDS:
        message = _("must be from 0 to %(n)d") % {"n": MAX_TTL_SECONDS}
        problems.append(FieldProblem("ttl_seconds", message))
    if problems:
        raise InvalidError(f"{problems[0].path}: {problems[0].message}.", fields=problems)
    insist_on_size(variables)
