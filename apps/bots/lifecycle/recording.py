"""What all moves of runs share: who holds one, how its end is written, who is told."""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from apps.bots.logs import storable_text
from apps.bots.models import Run
from apps.events import bus, live
from apps.lib.actors import Actor
from apps.lib.json import Json, JsonObject

MAX_REASON = 4000


def held(run_id: int, token: UUID) -> QuerySet[Run]:
    """Return the run if it is at work and `token` is the one that it was claimed with."""
    return Run.objects.filter(pk=run_id, token=token, status__in=Run.HELD)


def end(guarded: QuerySet[Run], *, status: Run.Status, reason: str, **changes: Any) -> bool:
    """End these runs, and tell whoever listens; False when there is none of them any more."""
    reason = storable_text(reason)[:MAX_REASON]
    with transaction.atomic():
        ids = list(guarded.select_for_update(of=("self",)).values_list("pk", flat=True))
        done = guarded.filter(pk__in=ids).update(
            status=status, ended_at=Now(), exit_reason=reason, **changes
        )
        if done:
            bus.announce("run.ended", {"ids": list[Json](ids)})
    if done:
        live.nudge("bots", "overview", *(f"run:{pk}" for pk in ids))
    return bool(done)


def publish(kind: str, run: Run, by: Actor, data: JsonObject) -> None:
    bus.publish(kind, subject=("run", run.pk), folder_id=run.folder_id, by=by, data=data)


def nudge(run: Run) -> None:
    live.nudge("bots", "overview", f"run:{run.pk}")
