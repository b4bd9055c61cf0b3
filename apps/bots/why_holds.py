"""What limits, applications, freezes and stops hold a run back by."""

from functools import cache
from typing import Final

import orjson
from django.db import connection
from django.db.models import Q

from apps.lib.json import JsonObject
from apps.lib.why import Blocker
from apps.limits import statements as limits
from apps.limits.models import Limit
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
    bound = Q(automations=automation) | Q(application__automations=automation)
    return of_work(
        _hold_of(automation),
        folder_id=run.folder_id,
        applications=automation.applications.all(),
        limits=Limit.objects.filter(bound).distinct(),
    )


def _hold_of(automation: Automation) -> JsonObject | None:
    with connection.cursor() as cursor:
        cursor.execute(_room(), {"automation": automation.pk})
        (hold,) = cursor.fetchone()
    found: JsonObject | None = orjson.loads(hold) if isinstance(hold, str) else hold
    return found


@cache
def _room() -> str:
    # the alias must be none of those in the fragment, which has an `a` of its own
    work = limits.Work(folder="automation.folder_id", applications=_USES, limits=_BOUND)
    return (
        "select r.hold from bots_automation automation"  # noqa: S608  what apps registered
        f" cross join lateral ({limits.room(work)}) r where automation.id = %(automation)s"
    )
