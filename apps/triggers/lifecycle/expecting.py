"""Times at which something should be there: those at which it is are left out."""

from dataclasses import replace
from datetime import UTC, datetime

from django.utils.translation import ngettext

from apps.lib.errors import DomainError
from apps.lib.json import JsonObject
from apps.triggers.conditions import Expected, expected_words, parse_expected
from apps.triggers.deciding import Plan
from apps.triggers.models import Firing, Trigger
from apps.triggers.timing.reading import zone_named
from apps.triggers.titles import titles_in
from apps.triggers.watching import Arrival, n_arrived

Outcome, Reason = Firing.Outcome, Firing.Reason


def left_out_where_arrived(trigger: Trigger, plans: list[Plan]) -> list[Plan]:
    """Return the plans of a trigger that expects something, those that are not needed left out.

    Looked at late, what counts is what was there at the time itself.
    """
    expected, previous = parse_expected(trigger.rule), None
    found = []
    for plan in plans:
        if plan.outcome == Outcome.FIRED:
            before = previous or _time_before(trigger, plan.tick.at)
            found.append(_checked(trigger, expected, plan, before))
        else:
            found.append(plan)
        if not plan.tick.is_closed:
            previous = plan.tick.at
    return found


def _checked(trigger: Trigger, expected: Expected, plan: Plan, previous: datetime | None) -> Plan:
    zone = zone_named(trigger.rule.get("zone")) or UTC
    since = expected.begins(plan.tick.at, previous, zone)
    event: JsonObject = {
        "expected": expected_words(
            expected, titles_in(trigger.folder_id, trigger.kind, trigger.rule)
        ),
        "at_least": expected.at_least,
        "since": since.isoformat(),
        "until": plan.tick.at.isoformat(),
        # None: nobody could tell
        "found": None,
    }
    arrival = Arrival(
        folder_id=trigger.folder_id, expected=expected, since=since, until=plan.tick.at
    )
    try:
        n = n_arrived(arrival)
    except DomainError as error:
        # nobody can tell: as good as not there
        return replace(plan, reason=Reason.MISSING, message=error.message, event=event)
    event["found"] = n
    if n >= expected.at_least:
        return replace(plan, outcome=Outcome.SKIPPED, reason=Reason.ARRIVED, event=event)
    words = {"n": n, "least": expected.at_least}
    message = ""
    if expected.at_least > 1:
        few = ngettext("%(n)d of %(least)d has come.", "%(n)d of %(least)d have come.", n)
        message = few % words
    return replace(plan, reason=Reason.MISSING, message=message, event=event)


def _time_before(trigger: Trigger, at: datetime) -> datetime | None:
    """Return the last time before that, of those on open days."""
    rows = Firing.objects.filter(trigger=trigger, planned_at__lt=at)
    planned = rows.filter(origin__in=(Firing.Origin.SCHEDULE, Firing.Origin.CATCH_UP))
    open_days = planned.exclude(reason=Reason.CALENDAR).order_by("-planned_at")
    found: datetime | None = open_days.values_list("planned_at", flat=True).first()
    return found
