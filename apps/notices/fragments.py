"""The live parts: the bell's count and the list."""

from typing import Any

from apps.events.fragments import Audience, fragment

from .listing import NoticeFilter, owner_in
from .presenting import Row, said, unread_count

Context = dict[str, Any]


@fragment(
    "notices.count",
    template="notices/notices.html#count",
    action=None,
    topics=("notices:{user}",),
)
def count(audience: Audience, arg: str) -> Context | None:
    """`arg` is `own_argument(…)` of the person."""
    user_id = owner_in(arg)
    return None if user_id is None else {"count": said(unread_count(user_id))}


@fragment(
    "notices.list",
    template="notices/notices.html#list",
    action=None,
    topics=("notices:{user}",),
)
def notice_list(audience: Audience, arg: str) -> Context | None:
    """`arg` is `NoticeFilter.argument()`."""
    user_id = owner_in(arg)
    if user_id is None:
        return None
    wanted = NoticeFilter.parse(arg, user=user_id)
    page = wanted.page()
    return {
        "rows": [Row(notice=notice) for notice in page.items],
        "wanted": wanted,
        "newest": page.items[0].pk if page.items and not wanted.after else 0,
        "next_query": wanted.but(after=page.next_cursor).query() if page.next_cursor else "",
        "first_query": wanted.but().query() if wanted.after else None,
    }
