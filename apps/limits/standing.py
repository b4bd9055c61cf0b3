"""What keeps work back now: read by whoever says why something waits. Never written here."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from django.db.models import Prefetch, Q
from django.db.models.functions import Now

from apps.accounts.permissions import FolderQuerySet
from apps.lib.clock import database_now

from . import holders
from .models import Application, FolderStop, Freeze, Limit

Word = Literal["closed", "open", "probing", "held"]


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an application stands: held (by a person) wins over what the breaker says.

    `until` None: nobody knows when it ends. Of `closed` both are empty.
    """

    state: Word
    until: datetime | None = None
    reason: str = ""


def stop_of(folder_id: int) -> FolderStop | None:
    """Return the emergency stop that holds in the folder now."""
    return FolderStop.objects.filter(folder=folder_id).first()


def freezes_now(folder_id: int, *, application_ids: Collection[int] | None = None) -> list[Freeze]:
    """Return the freezes that hold in the folder now, the one that ends last first.

    `application_ids`: only those that hold for work which uses these; none given: all.
    """
    found = _freezes(folder_id, application_ids).filter(starts_at__lte=Now(), ends_at__gt=Now())
    return list(found.order_by("-ends_at", "id"))


def next_freeze(folder_id: int, *, application_ids: Collection[int] | None = None) -> Freeze | None:
    """Return the freeze that begins next."""
    coming = _freezes(folder_id, application_ids).filter(starts_at__gt=Now())
    found: Freeze | None = coming.order_by("starts_at", "id").first()
    return found


def application_standing(application: Application, now: datetime | None = None) -> Standing:
    """Return where the application stands; `now` is the database's time if it is known already."""
    now = now or database_now()
    if is_held(application, now):
        return Standing("held", application.held_until, application.held_reason)
    if application.state == Application.State.CLOSED:
        return Standing("closed")
    if application.state == Application.State.OPEN and (application.probe_at or now) > now:
        return Standing("open", application.probe_at, application.reason)
    return Standing("probing", None, application.reason)


def is_held(application: Application, now: datetime) -> bool:
    """Say whether a person holds it; a hold that is over counts no more, though it is written."""
    until = application.held_until
    return application.held_at is not None and (until is None or until > now)


def limits_of(*, limit_ids: Collection[int], application_ids: Collection[int]) -> list[Limit]:
    """Return the limits that bind such work: its own, and those of the applications it uses."""
    bound = Q(pk__in=limit_ids) | Q(application__in=application_ids)
    return list(Limit.objects.filter(bound).select_related("application").order_by("id"))


def usage(limit_ids: Collection[int]) -> dict[int, int]:
    """Return how many seats of each of these limits are held now."""
    return holders.count_seats(limit_ids)


def _freezes(folder_id: int, application_ids: Collection[int] | None) -> FolderQuerySet:
    titles = Prefetch("applications", Application.objects.only("title", "folder_id"))
    found = Freeze.objects.filter(folder=folder_id).prefetch_related(titles)
    if application_ids is None:
        return found
    bound = Q(applications=None) | Q(applications__in=application_ids)
    return found.filter(bound).distinct()
