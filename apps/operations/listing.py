"""Which operations, and which of their entries, a page shows: one filter for page and live list."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from apps.lib.errors import FieldProblem, InvalidError
from apps.lib.numbers import whole_number
from apps.lib.pagination import Page, page_of

from . import kinds
from .models import Operation, OperationEntry

PAGE_SIZE = 50
NEWEST_FIRST = ("-id",)
BY_TARGET = ("target_id",)
STATES = {
    "active": Operation.UNFINISHED,
    "done": (Operation.Status.DONE,),
    "cancelled": (Operation.Status.CANCELLED,),
    "failed": (Operation.Status.FAILED,),
}
MAX_QUERY = 2_000
# ours are shorter, and a fragment takes no long argument
CURSOR = re.compile(r"[-_a-zA-Z0-9]{1,200}", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class OperationFilter:
    """What was asked for; its text form is a query string. What makes no sense is left out."""

    state: str = ""
    kind: str = ""
    after: str = ""

    @classmethod
    def parse(cls, query: str) -> "OperationFilter":
        found = dict(parse_qsl(query[:MAX_QUERY]))
        state, kind = found.get("state", ""), found.get("kind", "")
        return cls(
            state=state if state in STATES else "",
            kind=kind if kinds.find(kind) else "",
            after=_cursor(found.get("after", "")),
        )

    @classmethod
    def of(cls, *, state: str, kind: str) -> "OperationFilter":
        """For programs: what makes no sense is refused. Raises InvalidError by field."""
        for name, value, is_known in (
            ("state", state, state in STATES),
            ("kind", kind, kinds.find(kind) is not None),
        ):
            if value and not is_known:
                message = _("is not known here")
                raise InvalidError(f"{name}: {message}.", fields=[FieldProblem(name, message)])
        return cls(state=state, kind=kind)

    def query(self) -> str:
        pairs = {"state": self.state, "kind": self.kind, "after": self.after}
        return urlencode({name: value for name, value in pairs.items() if value})

    def but(self, **changes: Any) -> "OperationFilter":
        return replace(self, **{"after": "", **changes})

    def rows(self, folder_ids: Iterable[int]) -> QuerySet[Operation]:
        found: QuerySet[Operation] = Operation.objects.filter(folder_id__in=list(folder_ids))
        if self.state:
            found = found.filter(status__in=STATES[self.state])
        return found.filter(kind=self.kind) if self.kind else found

    def page(self, folder_ids: Iterable[int]) -> Page[Operation]:
        rows = self.rows(folder_ids).select_related("folder")
        return _page(rows, NEWEST_FIRST, self.after)


@dataclass(frozen=True, kw_only=True)
class EntryFilter:
    """The entries of one operation, of one status or of all."""

    operation_id: int
    status: str = ""
    after: str = ""

    @classmethod
    def parse(cls, argument: str) -> "EntryFilter":
        """Read `id=12&status=failed`."""
        found = dict(parse_qsl(argument[:MAX_QUERY]))
        status = found.get("status", "")
        return cls(
            operation_id=whole_number(found.get("id", "")) or 0,
            status=status if status in OperationEntry.Status.values else "",
            after=_cursor(found.get("after", "")),
        )

    def query(self) -> str:
        """Without the operation, which is in the address."""
        pairs = {"status": self.status, "after": self.after}
        return urlencode({name: value for name, value in pairs.items() if value})

    def argument(self) -> str:
        query = self.query()
        return f"id={self.operation_id}&{query}" if query else f"id={self.operation_id}"

    def but(self, **changes: Any) -> "EntryFilter":
        return replace(self, **{"after": "", **changes})

    def rows(self) -> QuerySet[OperationEntry]:
        found = OperationEntry.objects.filter(operation_id=self.operation_id)
        return found.filter(status=self.status) if self.status else found

    def page(self) -> Page[OperationEntry]:
        return _page(self.rows(), BY_TARGET, self.after)


def _cursor(text: str) -> str:
    return text if CURSOR.fullmatch(text) else ""


def _page(rows: Any, order: tuple[str, ...], cursor: str) -> Page[Any]:
    try:
        return page_of(rows, order=order, limit=PAGE_SIZE, cursor=cursor)
    except InvalidError:
        return page_of(rows, order=order, limit=PAGE_SIZE)
