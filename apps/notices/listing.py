"""Which notices the page shows: one filter for page, live list and counts.

Live fragments know an audience, never a person; what is told to one person must not be drawn for
another. Hence their arguments carry a key that only the person's own pages are given.
"""

from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

from django.db.models import QuerySet
from django.utils.crypto import constant_time_compare, salted_hmac

from apps.lib.errors import InvalidError
from apps.lib.numbers import whole_number
from apps.lib.pagination import Page, page_of, said_cursor

from .kinds import KINDS
from .models import Notice

PAGE_SIZE = 50
NEWEST_FIRST = ("-id",)
TABS = ("unread", "all")
SALT = "apps.notices.page"


def key_of(user_id: int) -> str:
    """Return what proves that a fragment's argument was made for this person."""
    return salted_hmac(SALT, str(user_id), algorithm="sha256").hexdigest()[:32]


def own_argument(user_id: int) -> str:
    return urlencode({"user": user_id, "key": key_of(user_id)})


def owner_in(argument: str) -> int | None:
    """Return whose page it is; None unless the key fits."""
    found = dict(parse_qsl(argument[:2000]))
    user_id = whole_number(found.get("user", ""))
    if user_id is None:
        return None
    is_theirs = constant_time_compare(found.get("key", ""), key_of(user_id))
    return user_id if is_theirs else None


@dataclass(frozen=True, kw_only=True)
class NoticeFilter:
    """What was asked for; its text form is a query string."""

    user: int
    tab: str = "unread"
    kind: str = ""
    after: str = ""

    @classmethod
    def parse(cls, query: str, *, user: int) -> "NoticeFilter":
        """Read a query string; what makes no sense is left out."""
        found = dict(parse_qsl(query[:2000]))
        tab, kind = found.get("tab", ""), found.get("kind", "")
        return cls(
            user=user,
            tab=tab if tab in TABS else "unread",
            kind=kind if kind in KINDS else "",
            after=said_cursor(found.get("after", "")),
        )

    def query(self) -> str:
        pairs = {
            "tab": "" if self.tab == "unread" else self.tab,
            "kind": self.kind,
            "after": self.after,
        }
        return urlencode({name: value for name, value in pairs.items() if value})

    def argument(self) -> str:
        asked = self.query()
        return own_argument(self.user) + (f"&{asked}" if asked else "")

    def but(self, **changes: Any) -> "NoticeFilter":
        return replace(self, **{"after": "", **changes})

    def rows(self) -> QuerySet[Notice]:
        found = Notice.objects.filter(user=self.user)
        found = found.unread() if self.tab == "unread" else found
        return found.filter(kind=self.kind) if self.kind else found

    def page(self) -> Page[Notice]:
        rows = self.rows().select_related("folder")
        try:
            return page_of(rows, order=NEWEST_FIRST, limit=PAGE_SIZE, cursor=self.after)
        except InvalidError:
            return page_of(rows, order=NEWEST_FIRST, limit=PAGE_SIZE)
