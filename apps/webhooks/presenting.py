"""Endpoints and deliveries for people."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.events.history import history_of
from apps.events.wording import sentence_of
from apps.lib.clock import database_now

from . import kinds
from .listing import MAX_COUNTED, SQUARES, latest, waiting
from .models import Delivery, Endpoint

HISTORY_LENGTH: Final = 20
BADGES: Final[Mapping[str, str]] = {
    Endpoint.Status.ON: "done",
    Endpoint.Status.PAUSED: "paused",
    Endpoint.Status.RESTING: "failed",
}
DELIVERY_BADGES: Final[Mapping[str, str]] = {
    Delivery.Status.WAITING: "waiting",
    Delivery.Status.DELIVERED: "done",
    Delivery.Status.FAILED: "failed",
}


@dataclass(frozen=True)
class Row:
    """An endpoint as the list and its own page show it."""

    endpoint: Endpoint
    ends: list[str] = field(default_factory=list)
    waiting: int = 0

    @property
    def badge(self) -> str:
        return "retry" if self._is_failing else BADGES[self.endpoint.status]

    @property
    def word(self) -> str:
        return _("Failing") if self._is_failing else str(self.endpoint.get_status_display())

    @property
    def host(self) -> str:
        return urlsplit(self.endpoint.url).hostname or ""

    @property
    def squares(self) -> list[str]:
        """Tones, oldest first; what there has not been yet stands before."""
        tones = [DELIVERY_BADGES[each] for each in self.ends]
        return [""] * (SQUARES - len(tones)) + tones

    @property
    def health(self) -> str:
        n, good = len(self.ends), self.ends.count(Delivery.Status.DELIVERED)
        if not n:
            return _("nothing sent yet")
        words = {"good": good, "n": n}
        return (
            ngettext(
                "%(good)d of the last %(n)d delivered", "%(good)d of the last %(n)d delivered", n
            )
            % words
        )

    @property
    def waiting_said(self) -> str:
        shown = number_format(min(self.waiting, MAX_COUNTED), force_grouping=True)
        return f"≥ {shown}" if self.waiting >= MAX_COUNTED else shown

    @property
    def kinds_said(self) -> str:
        found = [str(kinds.title_of(each)) for each in self.endpoint.kinds]
        if len(found) <= 2:
            return "; ".join(found)
        rest = len(found) - 1
        more = ngettext("and %(n)d more", "and %(n)d more", rest) % {"n": rest}
        return f"{found[0]} {more}"

    @property
    def rests_until(self) -> Any:
        until = self.endpoint.not_before
        is_on = self.endpoint.status == Endpoint.Status.ON
        return until if is_on and until and until > database_now() else None

    @property
    def _is_failing(self) -> bool:
        return self.endpoint.status == Endpoint.Status.ON and self.endpoint.failures > 0


def rows_of(endpoints: Iterable[Endpoint]) -> list[Row]:
    """Return them with how they fare; two queries."""
    found = list(endpoints)
    ids = [each.pk for each in found]
    ends, queued = (latest(ids), waiting(ids)) if ids else ({}, {})
    return [Row(each, ends.get(each.pk, []), queued.get(each.pk, 0)) for each in found]


@dataclass(frozen=True)
class DeliveryRow:
    delivery: Delivery

    @property
    def badge(self) -> str:
        is_retry = self.delivery.status == Delivery.Status.WAITING and self.delivery.tries
        return "retry" if is_retry else DELIVERY_BADGES[self.delivery.status]

    @property
    def word(self) -> str:
        if self.badge == "retry":
            return _("Tried again")
        return str(self.delivery.get_status_display())

    @property
    def title(self) -> str:
        return str(kinds.title_of(self.delivery.kind))

    @property
    def can_be_replayed(self) -> bool:
        return self.delivery.status != Delivery.Status.WAITING


def history(endpoint: Endpoint) -> list[dict[str, Any]]:
    events = history_of(("webhook", endpoint.pk), limit=HISTORY_LENGTH).items
    return [{"what": sentence_of(each), "at": each.occurred_at} for each in events]
