"""Calls about queues: make, change, list, pause."""

from dataclasses import replace
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import HttpResponse
from django.utils.translation import gettext as _

from apps.accounts.http import TokenRequest
from apps.accounts.permissions import Action, require
from apps.events.bus import publish
from apps.lib.errors import ConflictError, FieldProblem, InvalidError
from apps.lib.http import Cursor, Limit, answer, page
from apps.lib.json import Json
from apps.lib.problems import column_problems
from apps.queues.lifecycle import note_past_references, pause_queue, resume_queue
from apps.queues.models import WorkQueue

from .finding import find_queue, may_operate
from .presenting import queue_out, queues_out
from .queue_schemas import PauseIn, QueueIn, QueueList, QueueOut
from .routers import queues as router
from .setting import BINDING, plain, values_of

SETTABLE = {"key", *QueueIn.model_fields}
_ALL_FIELDS = [field.name for field in WorkQueue._meta.concrete_fields]


@router.get("/queues", response=QueueList, summary="List queues")
def list_queues(request: TokenRequest, limit: Limit, cursor: Cursor) -> HttpResponse:
    queues = (
        WorkQueue.objects.filter(folder=request.folder)
        .select_related("automation", "gate")
        .prefetch_related("applications", "limits")
    )
    found = page(queues, order=("key", "id"), limit=limit, cursor=cursor)
    return answer({"items": queues_out(found.items), "next_cursor": found.next_cursor})


@router.get("/queues/{queue}", response=QueueOut, summary="Look at a queue")
def get_queue(request: TokenRequest, queue: str) -> HttpResponse:
    return answer(queue_out(find_queue(request, queue)))


@router.put(
    "/queues/{queue}", response={200: QueueOut, 201: QueueOut}, summary="Make or change a queue"
)
def put_queue(request: TokenRequest, queue: str, body: QueueIn | None = None) -> HttpResponse:
    """201 when it was made, 200 when it was there. What is left out keeps its value."""
    require(request.user, Action.DESIGN, request.folder.pk)
    values = values_of(request, body or QueueIn())
    try:
        with transaction.atomic():
            known = WorkQueue.objects.select_for_update().filter(folder=request.folder, key=queue)
            row = known.first() or WorkQueue(folder=request.folder, key=queue, title=queue)
            is_new = row.pk is None
            _save(request, row, values)
    except IntegrityError:
        raise ConflictError(_("Somebody made this queue just now. Send it again.")) from None
    return answer(queue_out(find_queue(request, queue)), status=201 if is_new else 200)


@router.post("/queues/{queue}/pause", response=QueueOut, summary="Pause a queue")
def pause(request: TokenRequest, queue: str, body: PauseIn) -> HttpResponse:
    """No items are leased any more; what is leased may be finished. 409 when it is paused."""
    found = find_queue(request, queue)
    may_operate(request)
    pause_queue(found, reason=body.reason, by=request.actor)
    return answer(queue_out(found))


@router.post("/queues/{queue}/resume", response=QueueOut, summary="Let a queue go on")
def resume(request: TokenRequest, queue: str) -> HttpResponse:
    """409 when it is not paused."""
    found = find_queue(request, queue)
    may_operate(request)
    resume_queue(found, by=request.actor)
    return answer(queue_out(found))


def _save(request: TokenRequest, queue: WorkQueue, values: dict[str, Any]) -> None:
    """Save what changed, with one event, in the caller's transaction."""
    is_new = queue.pk is None
    was_unique = queue.unique_reference
    before = {name: _value(queue, name) for name in values}
    changes: list[Json] = [
        {"field": name, "before": plain(before[name]), "after": plain(value)}
        for name, value in values.items()
        if is_new or before[name] != value
    ]
    for name in values.keys() - BINDING.keys():
        setattr(queue, name, values[name])
    _check(queue)
    queue.save()
    for name in BINDING.keys() & values.keys():
        getattr(queue, name).set(values[name])
    note_past_references(queue, was=was_unique)
    if changes or is_new:
        publish(
            "work_queue.created" if is_new else "work_queue.changed",
            subject=("queue", queue.pk),
            folder_id=queue.folder_id,
            by=request.actor,
            data={"changes": changes},
            topics=["queues"],
        )


def _check(queue: WorkQueue) -> None:
    problems = []
    if queue.sla_seconds and queue.cut_off:
        problems.append(FieldProblem("sla_seconds", _("give a duration or a cut-off, not both")))
    try:
        queue.clean_fields(exclude=[name for name in _ALL_FIELDS if name not in SETTABLE])
    except ValidationError as error:
        problems += [
            replace(each, path="queue") if each.path == "key" else each
            for each in column_problems(error)
        ]
    if problems:
        first = problems[0]
        raise InvalidError(f"{first.path}: {first.message}.", fields=problems)


def _value(queue: WorkQueue, name: str) -> Any:
    if name not in BINDING:
        return getattr(queue, name)
    return list(getattr(queue, name).order_by("key")) if queue.pk else []
