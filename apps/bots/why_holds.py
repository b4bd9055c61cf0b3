"""What limits, applications, freezes and stops hold a run back by."""

from functools import cache
from typing import Final

from apps.lib.why import Blocker
from apps.limits import statements as limits
from apps.limits.why import of_folder, of_work

from .models import Automation, Run

_USES: Final = """
select application_id from bots_automation_applications where automation_id = automation.id"""
_BOUND: Final = "select limit_id from bots_automation_limits where automation_id = automation.id"


def holds_of(run: Run) -> list[Blocker]:
    """Return what keeps the run from a slot, beside its bots.

    Runs that drain a queue heed the folder alone: their items are bound one by one.
    """
    automation = run.version.automation
    if automation.kind == Automation.Kind.ITEM:
        return of_folder(run.folder_id)
    return of_work(_holds(), {"automation": automation.pk})


@cache
def _holds() -> str:
    # the alias must be none of those in the fragment, which has an `a` of its own
    work = limits.Work(folder="automation.folder_id", applications=_USES, limits=_BOUND)
    return (
        "select h.holds from bots_automation automation"  # noqa: S608  what apps registered
        f" cross join lateral ({limits.holds(work)}) h where automation.id = %(automation)s"
    )
