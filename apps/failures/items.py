"""The items behind a group: which of them still stand where its failure left them."""

from collections.abc import Sequence
from typing import Any, Final

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.lookups import Exact
from django.utils.translation import gettext as _

from apps.lib.errors import FieldProblem, InvalidError
from apps.lib.json import Json
from apps.lib.numbers import whole_number
from apps.operations.kinds import Bound
from apps.queues.counts import standing_of
from apps.queues.models import Ended, Lease, Measure, Parked, Ready, Scheduled
from apps.queues.operation_targets import Narrowing

from .models import Failure, FailureGroup, Source
from .pages import page_of

FILTER: Final = "failure_group"
# a count says “more” beyond that
CAP: Final = 1_000
# so many times fewer than there are failures must stand failed to be looked at instead
FEWER: Final = 5

Ids = QuerySet[Any, Any]


def last_failures(group_id: int) -> QuerySet[Failure]:
    """Return the failures of the group that are the last of their item: one for each item."""
    return _of_items(group_id).filter(~Exists(_later()))


def open_failures(group_id: int) -> QuerySet[Failure]:
    """Return those whose item has failed for good, or waits for a person to decide about it."""
    return _each_looked_up(group_id).filter(_stands_failed())


def waiting_failures(group_id: int) -> QuerySet[Failure]:
    """Return those whose item waits to be worked again, or is being worked."""
    queue = FailureGroup.objects.filter(pk=group_id).values("queue_id")
    # from what waits in the queue to the failures: there are fewer of those
    places: list[QuerySet[Any, Any]] = [
        model.objects.filter(queue_id=Subquery(queue)).values("item_id")
        for model in (Ready, Scheduled, Lease)
    ]
    waiting = places[0].union(places[1], places[2], all=True)
    return last_failures(group_id).filter(source_id__in=waiting)


def count_open(group: FailureGroup, cap: int = CAP) -> int:
    """Return how many of `open_failures` there are, `cap` + 1 for more than `cap`.

    Of many failures that were all retried none is open, and whoever looks at one after the other
    looks at all of them. Where few stand failed in the queue, that is where the look begins.
    """
    if group.queue_id is None:
        return 0
    counts = standing_of([group.queue_id])[group.queue_id]
    n_standing = counts[Measure.NEEDS_DECISION] + counts[Measure.FAILED]
    are_few = n_standing * FEWER <= group.count
    rows = _failed_in_queue(group.pk, group.queue_id) if are_few else open_failures(group.pk)
    return count_up_to(rows, cap)


def count_up_to(rows: QuerySet[Any, Any], cap: int = CAP) -> int:
    """Return how many there are, `cap` + 1 for more than `cap`."""
    return rows.order_by()[: cap + 1].count()


def narrowing() -> Narrowing:
    """Let bulk actions on items be about those of a group."""
    return Narrowing(name=FILTER, check=_check, choose=_choose, about=_about, back=_back)


def _failed_in_queue(group_id: int, queue_id: int) -> QuerySet[Failure]:
    """The same as `open_failures`, from what stands failed in the queue."""
    parked = Parked.objects.filter(queue_id=queue_id, status=Parked.Status.NEEDS_DECISION)
    ended = Ended.objects.filter(queue_id=queue_id, status=Ended.Status.FAILED)
    places = parked.values("item_id").union(ended.values("item_id"), all=True)
    return last_failures(group_id).filter(source_id__in=places)


def _of_items(group_id: int) -> QuerySet[Failure]:
    return Failure.objects.filter(group=group_id, source=Source.TRY)


def _later() -> QuerySet[Failure]:
    """The failures of the same item after this one; by their time, too: it tells the months."""
    return Failure.objects.filter(
        source=Source.TRY,
        source_id=OuterRef("source_id"),
        number__gt=OuterRef("number"),
        at__gte=OuterRef("at"),
    )


def _each_looked_up(group_id: int) -> QuerySet[Failure]:
    """The same as `last_failures`, for when the first few are wanted.

    A value instead of EXISTS: that, the planner makes a hash table of, of all failures and all
    items that ever failed, before it looks at the first one.
    """
    later = Subquery(_later().order_by().values("number")[:1])
    return _of_items(group_id).annotate(later=later).filter(later=None)


def _stands_failed() -> Q:
    """A value instead of EXISTS here, too."""
    parked = Parked.objects.filter(item_id=OuterRef("source_id")).values("status")
    ended = Ended.objects.filter(item_id=OuterRef("source_id")).values("status")
    return Q(Exact(Subquery(parked), Parked.Status.NEEDS_DECISION.value)) | Q(
        Exact(Subquery(ended), Ended.Status.FAILED.value)
    )


def _choose(folders: Sequence[int], value: Json, bound: Bound) -> Ids:
    """What a person put on hold stays there, whatever failed before."""
    held = Parked.objects.filter(item_id=OuterRef("source_id"), status=Parked.Status.ON_HOLD)
    found = last_failures(int(value)).filter(  # type: ignore[arg-type]
        ~Exists(held), group__folder_id__in=folders, at__lte=bound.at
    )
    return found.values_list("source_id", flat=True)


def _check(folders: Sequence[int], value: Json) -> int:
    number = whole_number(str(value)) if isinstance(value, int | str) else None
    known = FailureGroup.objects.filter(
        pk=number or 0, folder_id__in=folders, queue__isnull=False
    ).exists()
    if number is None or not known:
        message = _("there is no such group of failed items in this folder")
        raise InvalidError(
            f"{FILTER}: {message}.", fields=[FieldProblem(f"filter.{FILTER}", message)]
        )
    return number


def _about(value: Json) -> str:
    number = whole_number(str(value)) or 0
    group = FailureGroup.objects.filter(pk=number).first()
    return _("failed with “%s”") % (str(group)[:120] if group else number)


def _back(value: Json) -> str:
    return page_of(int(value))  # type: ignore[arg-type]
