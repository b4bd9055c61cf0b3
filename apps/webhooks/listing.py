"""Which deliveries a page shows: one filter for page and live list; and how an endpoint fares."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from django.db import connection
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from apps.lib.errors import FieldProblem, InvalidError
from apps.lib.numbers import whole_number
from apps.lib.pagination import Page, page_of

from . import kinds
from .models import Delivery

PAGE_SIZE: Final = 50
NEWEST_FIRST: Final = ("-id",)
MAX_QUERY: Final = 2_000
MAX_COUNTED: Final = 10_000
SQUARES: Final = 20
# ours are shorter, and a fragment takes no long argument
CURSOR: Final = re.compile(r"[-_a-zA-Z0-9]{1,200}", re.ASCII)

_LATEST: Final = """
select e.id, d.status from unnest(%(ids)s::bigint[]) as e (id)
 cross join lateral (
    select status, ended_at from webhooks_delivery
     where endpoint_id = e.id and ended_at is not null
     order by ended_at desc limit %(n)s) d
 order by e.id, d.ended_at
"""
_WAITING: Final = """
select e.id, (select count(*) from (
    select from webhooks_delivery where endpoint_id = e.id and status = 'waiting' limit %(n)s) w)
  from unnest(%(ids)s::bigint[]) as e (id)
"""


@dataclass(frozen=True, kw_only=True)
class DeliveryFilter:
    """What was asked for; its text form is a query string. What makes no sense is left out."""

    endpoint_id: int
    status: str = ""
    kind: str = ""
    after: str = ""

    @classmethod
    def parse(cls, argument: str) -> "DeliveryFilter":
        """Read `id=12&status=failed`."""
        found = dict(parse_qsl(argument[:MAX_QUERY]))
        status, kind, after = (found.get(name, "") for name in ("status", "kind", "after"))
        return cls(
            endpoint_id=whole_number(found.get("id", "")) or 0,
            status=status if status in Delivery.Status.values else "",
            kind=kind if _is_kind(kind) else "",
            after=after if CURSOR.fullmatch(after) else "",
        )

    @classmethod
    def of(cls, endpoint_id: int, *, status: str, kind: str) -> "DeliveryFilter":
        """For programs: what makes no sense is refused. Raises InvalidError by field."""
        for name, value, is_known in (
            ("status", status, status in Delivery.Status.values),
            ("kind", kind, _is_kind(kind)),
        ):
            if value and not is_known:
                message = _("is not known here")
                raise InvalidError(f"{name}: {message}.", fields=[FieldProblem(name, message)])
        return cls(endpoint_id=endpoint_id, status=status, kind=kind)

    def query(self) -> str:
        """Without the endpoint, which is in the address."""
        pairs = {"status": self.status, "kind": self.kind, "after": self.after}
        return urlencode({name: value for name, value in pairs.items() if value})

    def argument(self) -> str:
        query = self.query()
        return f"id={self.endpoint_id}&{query}" if query else f"id={self.endpoint_id}"

    def but(self, **changes: Any) -> "DeliveryFilter":
        return replace(self, **{"after": "", **changes})

    def rows(self) -> QuerySet[Delivery]:
        found = Delivery.objects.filter(endpoint_id=self.endpoint_id)
        if self.status:
            found = found.filter(status=self.status)
        return found.filter(kind=self.kind) if self.kind else found

    def page(self) -> Page[Delivery]:
        rows = self.rows().select_related("message").defer("message__body")
        try:
            return page_of(rows, order=NEWEST_FIRST, limit=PAGE_SIZE, cursor=self.after)
        except InvalidError:
            return page_of(rows, order=NEWEST_FIRST, limit=PAGE_SIZE)


def latest(endpoint_ids: Iterable[int]) -> dict[int, list[str]]:
    """Return how the last SQUARES deliveries of each endpoint ended, oldest first; one query."""
    found = defaultdict(list)
    for endpoint_id, status in _rows(_LATEST, endpoint_ids, SQUARES):
        found[endpoint_id].append(status)
    return found


def waiting(endpoint_ids: Iterable[int]) -> dict[int, int]:
    """Return how many wait for each, MAX_COUNTED at most; one query."""
    return dict(_rows(_WAITING, endpoint_ids, MAX_COUNTED))


def _rows(sql: str, endpoint_ids: Iterable[int], n: int) -> Sequence[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, {"ids": list(endpoint_ids), "n": n})
        found: Sequence[Any] = cursor.fetchall()
    return found


def _is_kind(kind: str) -> bool:
    return kind == kinds.TEST or kind in kinds.titles()
