"""What may be stored in an item."""

from collections.abc import Iterator
from datetime import datetime

import orjson
from django.utils.translation import gettext as _

from apps.lib.errors import DomainError, FieldProblem
from apps.lib.json import JsonObject, check_json
from apps.lib.schema import check_payload
from apps.queues.models import WorkQueue

from .values import NewItem

MAX_REFERENCE = 200
MAX_PRIORITY = 100
MAX_PAYLOAD_BYTES = 1024 * 1024


def problems_of(
    queue: WorkQueue, new: NewItem, *, without_payload: bool = False
) -> list[FieldProblem]:
    """Return what is wrong with a new item, by field."""
    return [
        *([] if without_payload else payload_problems(queue, new.payload)),
        *reference_problems(new.reference),
        *priority_problems(new.priority),
        *time_problems(available_at=new.available_at, due_at=new.due_at, expires_at=new.expires_at),
    ]


def payload_problems(queue: WorkQueue, payload: JsonObject) -> list[FieldProblem]:
    """Return what is wrong with the data against the queue's schema; compiled once per schema."""
    if not isinstance(payload, dict):
        return [FieldProblem("payload", _("must be an object"))]
    try:
        text = orjson.dumps(payload)
        if b"\\u0000" in text:
            check_json(payload)
    except (TypeError, DomainError) as error:
        return [FieldProblem("payload", _("can't be stored as JSON: %(why)s") % {"why": error})]
    if len(text) > MAX_PAYLOAD_BYTES:
        limit = MAX_PAYLOAD_BYTES // 1024
        return [FieldProblem("payload", _("is larger than %(n)d kB") % {"n": limit})]
    return check_payload(queue.payload_schema, payload, at="payload")


def reference_problems(reference: str) -> Iterator[FieldProblem]:
    if len(reference) > MAX_REFERENCE:
        message = _("is longer than %(n)d characters") % {"n": MAX_REFERENCE}
        yield FieldProblem("reference", message)
    elif "\x00" in reference:
        yield FieldProblem("reference", _("must not contain NUL characters"))


def priority_problems(priority: int) -> Iterator[FieldProblem]:
    if not 0 <= priority <= MAX_PRIORITY:
        message = _("must be from 0 to %(n)d") % {"n": MAX_PRIORITY}
        yield FieldProblem("priority", message)


def time_problems(**times: datetime | None) -> Iterator[FieldProblem]:
    """Yield times without a zone, and an item that expires before it becomes available."""
    for name, moment in times.items():
        if moment is not None and moment.utcoffset() is None:
            yield FieldProblem(name, _("must say its time zone"))
            return
    available_at, expires_at = times.get("available_at"), times.get("expires_at")
    if available_at is not None and expires_at is not None and expires_at <= available_at:
        yield FieldProblem("expires_at", _("must be later than available_at"))


def sentence_of(problem: FieldProblem) -> str:
    return f"{problem.path}: {problem.message}." if problem.path else f"{problem.message}."
