"""What works under applications and limits here: automations, as pages of apps.limits show them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Final

from django.db import connection
from django.db.models import Count, F
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.limits import users
from apps.limits.users import Name, Tries, Use

from .models import Automation, Run

TRIES: Final = """
select x.application_id, date_bin(make_interval(secs => %(span)s), r.ended_at, %(since)s), count(*),
       count(*) filter (where r.status in ('faulted', 'lost'))
  from bots_automation_applications x
  join bots_automation a on a.id = x.automation_id and a.kind = 'run'
  join bots_automationversion v on v.automation_id = a.id
  join bots_run r on r.version_id = v.id
 where x.application_id = any(%(ids)s::bigint[]) and r.ended_at >= %(since)s
   and r.status in ('successful', 'faulted', 'lost')
 group by 1, 2
"""


def automations_that_use(
    *, application_ids: Collection[int], limit_ids: Collection[int]
) -> Iterable[Use]:
    """Return the automations that are bound, with what waits and what is at work of each."""
    uses_application = Automation.applications.through.objects.filter(
        application_id__in=application_ids
    )
    uses_limit = Automation.limits.through.objects.filter(limit_id__in=limit_ids)
    bound = [
        (pk, application_id, None)
        for pk, application_id in uses_application.values_list("automation_id", "application_id")
    ] + [
        (pk, None, limit_id) for pk, limit_id in uses_limit.values_list("automation_id", "limit_id")
    ]
    ids = {pk for pk, *_rest in bound}
    automations = Automation.objects.filter(kind=Automation.Kind.RUN).in_bulk(ids)
    active = Run.objects.active().filter(version__automation__in=automations)
    counts: dict[tuple[int, bool], int] = defaultdict(int)
    for pk, status, n in active.values_list("version__automation", "status").annotate(
        n=Count("pk")
    ):
        counts[pk, status == Run.Status.PENDING] += n
    for pk, application_id, limit_id in bound:
        if automation := automations.get(pk):
            yield Use(
                kind="automation",
                id=pk,
                folder_id=automation.folder_id,
                title=automation.title,
                url="",
                waiting=counts[pk, True],
                at_work=counts[pk, False],
                application_id=application_id,
                limit_id=limit_id,
            )


def tries_of_runs(
    application_ids: Collection[int], *, since: datetime, span_seconds: int
) -> Iterable[Tries]:
    """Return how runs ended that work in these applications by themselves."""
    values = {"ids": list(application_ids), "since": since, "span": span_seconds}
    with connection.cursor() as cursor:
        cursor.execute(TRIES, values)
        return [Tries(*row) for row in cursor.fetchall()]


def names_of_runs(ids: Collection[int]) -> Mapping[int, Name]:
    """Return how the runs are called that hold seats."""
    found = Run.objects.filter(pk__in=ids).annotate(of=F("version__automation__title"))
    return {
        pk: Name(
            _("Run %(id)d of %(title)s") % {"id": pk, "title": title},
            reverse("runs:run_detail", args=[pk]),
        )
        for pk, title in found.values_list("pk", "of")
    }


def register() -> None:
    """Tell apps.limits; called when the app is ready."""
    users.register(automations_that_use)
    users.register_tries(tries_of_runs)
    users.register_names("run", names_of_runs)
