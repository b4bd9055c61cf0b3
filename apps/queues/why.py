"""Why an item is not worked on: where it stands, what its queue waits for, how many go before."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.bots.models import Run
from apps.bots.why import held_up
from apps.bots.why_staff import hands_of
from apps.events.why import scheduler_away
from apps.lib.clock import database_now
from apps.lib.why import DECIDE, NOT_WAITING, OPERATE, Act, Blocker, Why, because

from .models import Lease, Parked, Ready, Scheduled, WorkItem
from .why_queue import COUNT_AT_MOST, in_line, in_the_way, workers_of


def why_item(item: WorkItem) -> Why:
    """Return why nobody works on the item; what is worked on waits only where that hangs."""
    for place, explain in PLACES:
        row = place.objects.filter(item_id=item.pk).first()
        if row is not None:
            return explain(item, row)
    return NOT_WAITING


def _ready(item: WorkItem, place: Ready) -> Why:
    workers = workers_of(item.queue)
    found = in_the_way(workers)
    if found:
        return because(found)
    line = in_line(workers, _n_before(place))
    return because(line, eta=line[0].at)


def _scheduled(item: WorkItem, place: Scheduled) -> Why:
    """Its time comes first; what stands in the queue's way will stand there then, too."""
    is_late = place.available_at < database_now()
    away = scheduler_away() if is_late else None
    found = [each for each in in_the_way(workers_of(item.queue)) if not each.is_usual]
    return because(away, _later(item, place), *([each] for each in found), eta=place.available_at)


def _leased(item: WorkItem, place: Lease) -> Why:
    run = Run.objects.filter(pk=place.run_id or 0).select_related("version__automation").first()
    if run is not None:
        trouble = held_up(run, hands_of(run.pool_id))
        return because(trouble) if trouble else NOT_WAITING
    if place.expires_at > database_now():
        return NOT_WAITING
    return because(
        scheduler_away(),
        Blocker(
            code="bot_not_answering",
            sentence=_("“%(bot)s” had it in hand and stopped answering.") % {"bot": place.bot},
            next=_("Within seconds it goes back into line."),
        ),
    )


def _parked(item: WorkItem, place: Parked) -> Why:
    is_held = place.status == Parked.Status.ON_HOLD
    return because(_held(item, place) if is_held else _asked(item, place))


PLACES: list[tuple[Any, Callable[[WorkItem, Any], Why]]] = [
    (Ready, _ready),
    (Scheduled, _scheduled),
    (Parked, _parked),
    (Lease, _leased),
]


def _held(item: WorkItem, place: Parked) -> Blocker:
    words = {"name": place.by or _("somebody"), "reason": place.message}
    sentence = _("%(name)s holds it: %(reason)s") if place.message else _("%(name)s holds it.")
    return Blocker(
        code="held",
        sentence=sentence % words,
        next=_until(_("No bot takes it until somebody resumes it."), place.expires_at),
        at=place.expires_at,
        act=_verb(item, "resume", _("Resume it")),
    )


def _asked(item: WorkItem, place: Parked) -> Blocker:
    cause = Parked.Cause(place.cause).label
    return Blocker(
        code="needs_decision",
        sentence=_("A person must decide: %(cause)s.") % {"cause": cause},
        next=_until(place.message or _("It goes on once that is done."), place.expires_at),
        at=place.expires_at,
        act=Act(
            label=_("Decide in the inbox"),
            url=f"{reverse('inbox:inbox')}?q={place.item_id}",
            right=DECIDE,
            folder_id=item.queue.folder_id,
        ),
    )


def _until(text: str, expires_at: datetime | None) -> str:
    expires = _("If nothing happens before, it expires:")
    return f"{text} {expires}" if expires_at else text


def _later(item: WorkItem, place: Scheduled) -> Blocker:
    is_retry = place.why == Scheduled.Why.RETRY
    if is_retry:
        words = {"n": place.tries, "most": item.queue.max_attempts}
        sentence = _("%(n)d of %(most)d tries failed; it waits before the next one.") % words
    else:
        sentence = _("It shall not be worked on before its time.")
    return Blocker(
        code="retry_wait" if is_retry else "deferred",
        sentence=sentence,
        next=_("By itself it gets into line"),
        at=place.available_at,
        act=_verb(item, "retry", _("Try it now")),
        is_usual=True,
    )


def _verb(item: WorkItem, verb: str, label: str) -> Act:
    return Act(
        label=label,
        url=reverse("items:item_verb", args=[item.pk, verb]),
        method="post",
        right=OPERATE,
        folder_id=item.queue.folder_id,
    )


def _n_before(place: Ready) -> int:
    """Return how many items of the queue go first; counted up to COUNT_AT_MOST."""
    earlier = Q(rank_at__lt=place.rank_at) | Q(rank_at=place.rank_at, item_id__lt=place.item_id)
    rows = Ready.objects.filter(earlier, queue_id=place.queue_id, rank_at__lte=place.rank_at)
    return rows.values("item_id")[:COUNT_AT_MOST].count()
