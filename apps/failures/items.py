"""The items behind a group: which of them still stand where its failure left them."""

from collections.abc import Sequence
from typing import Any, Final

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from apps.lib.errors import FieldProblem, InvalidError
from apps.lib.json import Json
from apps.lib.numbers import whole_number
from apps.operations.kinds import Bound
from apps.queues.models import Ended, Lease, Parked, Ready, Scheduled
from apps.queues.operation_targets import Narrowing

from .models import Failure, FailureGroup, Source
from .pages import page_of

FILTER: Final = "failure_group"
# a count says “more” beyond that
CAP: Final = 1_000

Ids = QuerySet[Any, Any]


def last_failures(group_id: int) -> QuerySet[Failure]:
    """Return the failures of the group that are the last of their item: one for each item."""
    later = Failure.objects.filter(
        source=Source.TRY, source_id=OuterRef("source_id"), number__gt=OuterRef("number")
    )
    found = Failure.objects.filter(group=group_id, source=Source.TRY)
    return found.filter(~Exists(later))


def open_failures(group_id: int) -> QuerySet[Failure]:
    """Return those whose item has failed for good, or waits for a person to decide about it."""
    return last_failures(group_id).filter(_stands_failed())


def waiting_failures(group_id: int) -> QuerySet[Failure]:
    """Return those whose item waits to be worked again, or is being worked."""
    places = [
        Exists(model.objects.filter(item_id=OuterRef("source_id")))
        for model in (Ready, Scheduled, Lease)
    ]
    return last_failures(group_id).filter(Q(places[0]) | Q(places[1]) | Q(places[2]))


def count_up_to(rows: QuerySet[Any, Any], cap: int = CAP) -> int:
    """Return how many there are, `cap` + 1 for more than `cap`."""
    return rows.order_by()[: cap + 1].count()


def narrowing() -> Narrowing:
    """Let bulk actions on items be about those of a group."""
    return Narrowing(name=FILTER, check=_check, choose=_choose, about=_about, back=_back)


def _stands_failed() -> Q:
    parked = Parked.objects.filter(
        item_id=OuterRef("source_id"), status=Parked.Status.NEEDS_DECISION
    )
    ended = Ended.objects.filter(item_id=OuterRef("source_id"), status=Ended.Status.FAILED)
    return Q(Exists(parked)) | Q(Exists(ended))


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
