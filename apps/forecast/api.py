"""The call about a queue's forecast."""

from datetime import timedelta
from typing import Annotated, Any

import numpy as np
from django.http import HttpResponse
from ninja import Path, Query, Router

from apps.accounts.http import TokenRequest
from apps.accounts.permissions import Action, require
from apps.lib.http import answer
from apps.queues.api.finding import find_queue
from apps.queues.models import WorkQueue

from .outlooks import MAX_BOTS, MAX_MORE, MAX_SCALE, Outlook, WhatIf, outlook
from .wording import cleared_in_words, held_in_words, miss_in_words, nothing_known

router = Router(tags=["Forecast"])

Key = Annotated[str, Path(description="The key of the queue.", max_length=100)]
POINTS = 48


@router.get("/queues/{queue}/forecast", summary="When a queue will be empty, and what will be late")
def forecast(  # noqa: PLR0913, PLR0917 all of it is asked in the address
    request: TokenRequest,
    queue: Key,
    bots: Annotated[
        int | None, Query(None, ge=0, le=MAX_BOTS, description="So many at work at a time.")
    ],
    more_items: Annotated[
        int, Query(0, ge=0, le=MAX_MORE, description="As if so many came in now.")
    ],
    arrivals: Annotated[
        float, Query(1.0, ge=0, le=MAX_SCALE, description="2: twice as many as usual come in.")
    ],
    without: Annotated[str, Query("", max_length=100, description="As if this bot were away.")],
) -> HttpResponse:
    """Simulated from what was seen of the queue. `empty` is when it is empty for the first time in
    10, 50 and 90 of 100 days; null: not within the horizon. `miss_chance` is the chance that
    something due within the horizon, and not late yet, will be late; null: nothing is ever due.
    `slots_needed` keeps it at 5 %; null: no number would, or nothing is ever due. `basis` is
    `none` (nobody worked an item yet: nothing is foretold), `few` or `good`.
    """
    require(request.rights, Action.VIEW, request.folder.pk)
    found = find_queue(request, queue)
    wish = WhatIf(bots=bots, more_items=more_items, arrivals=arrivals, without=without)
    return answer(_out(found, outlook(found, wish)))


def _out(queue: WorkQueue, found: Outlook) -> dict[str, Any]:
    line, (low, middle, high) = found.measures.line, found.cleared
    return {
        "queue": queue.key,
        "made_at": found.made_at,
        "horizon_seconds": round(found.horizon),
        "basis": found.basis,
        "held": found.held,
        "sentence": _sentence(found),
        "slots": found.slots,
        "slots_now": found.capacity.slots,
        "slots_needed": found.need.slots if found.need else None,
        "bound_by": found.capacity.bound_by,
        "counts": {
            "ready": line.n_ready,
            "scheduled": line.n_scheduled,
            "in_progress": line.n_in_hand,
            "late": line.n_late,
        },
        "empty": {"low": low, "middle": middle, "high": high},
        "miss_chance": found.miss_chance,
        "late_items": round(found.n_late, 1) if found.miss_chance is not None else None,
        "measured": {
            "tries": found.measures.n_tries,
            "hours": found.measures.n_hours,
            "arrivals_per_hour": round(found.measures.came_per_hour, 2),
        },
        "curve": _curve(found),
    }


def _sentence(found: Outlook) -> str:
    if not found.is_known:
        return nothing_known()
    said = [held_in_words(found.held)]
    if found.slots:
        said.append(cleared_in_words(found.cleared, found.made_at, found.horizon))
    said.append(miss_in_words(found.miss_chance, found.horizon))
    return " ".join(each for each in said if each)


def _curve(found: Outlook) -> list[dict[str, Any]]:
    """How many items wait or are in hand over the horizon."""
    if found.simulated is None:
        return []
    moments = np.linspace(0.0, found.horizon, POINTS + 1)
    bounds = np.quantile(found.simulated.waiting_at(moments), (0.1, 0.5, 0.9), axis=1)
    return [
        {
            "at": found.made_at + timedelta(seconds=float(moment)),
            "low": round(float(low)),
            "middle": round(float(middle)),
            "high": round(float(high)),
        }
        for moment, low, middle, high in zip(moments, *bounds, strict=True)
    ]
