"""The live parts of the team view; loaded with the other fragments of the inbox."""

from typing import Any

from apps.accounts.permissions import Action
from apps.events.fragments import Audience, fragment

from .listing import MAX_COUNT
from .standing import cases_of, standing
from .team import board
from .team_listing import TeamFilter

Context = dict[str, Any]


@fragment(
    "team.board",
    template="inbox/team.html#board",
    action=Action.OPERATE,
    topics=("inbox:{folder}",),
)
def team_board(audience: Audience, arg: str) -> Context | None:
    """`arg` is `TeamFilter.argument()`."""
    wanted = TeamFilter.parse(arg)
    return board(wanted) if audience.can(Action.OPERATE, wanted.folder) else None


@fragment(
    "team.tasks",
    template="inbox/team.html#tasks",
    action=Action.OPERATE,
    topics=("inbox:{folder}",),
)
def team_tasks(audience: Audience, arg: str) -> Context | None:
    """`arg` is `TeamFilter.argument()`."""
    wanted = TeamFilter.parse(arg)
    if not audience.can(Action.OPERATE, wanted.folder):
        return None
    page = wanted.page(audience)
    cases = cases_of(page.items)
    rows = [{**standing(task, me=0), "case": cases.get(task.pk, "")} for task in page.items]
    return {
        "wanted": wanted,
        "rows": rows,
        "n": (n := wanted.count(audience)),
        "said": f"≥ {MAX_COUNT}" if n > MAX_COUNT else n,
        "next_query": wanted.but(after=page.next_cursor).query() if page.next_cursor else "",
        "first_query": wanted.but().query() if wanted.after else None,
    }
