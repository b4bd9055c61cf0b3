"""What single runs tell apps.limits: what is bound, how tries went, who holds seats."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from django.db import connection
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.limits.breaker import Seen
from apps.limits.tries import feed
from apps.limits.users import Name, Tries, Use

from .models import Run

USES: Final = """
select a.id, a.folder_id, a.title, bound.application_id, bound.limit_id,
       count(r.id) filter (where r.status = 'pending'),
       count(r.id) filter (where r.status in ('running', 'stopping'))
  from (select automation_id, application_id, null::bigint as limit_id
          from bots_automation_applications where application_id = any(%(applications)s)
        union all
        select automation_id, null, limit_id
          from bots_automation_limits where limit_id = any(%(limits)s)) bound
  join bots_automation a on a.id = bound.automation_id and a.kind = 'run'
  left join bots_automationversion v on v.automation_id = a.id
  left join bots_run r on r.version_id = v.id and r.status in ('pending', 'running', 'stopping')
 group by a.id, bound.application_id, bound.limit_id
"""
_TRIED: Final = """
  from bots_automation_applications u
  join bots_automation a on a.id = u.automation_id and a.kind = 'run'
  join bots_automationversion v on v.automation_id = a.id
  join bots_run r on r.version_id = v.id
"""
_FAILED: Final = "r.status in ('faulted', 'lost') and not r.is_data_fault"
_ENDED: Final = "r.status in ('successful', 'faulted', 'lost')"

TRIES: Final = f"""
select u.application_id, date_bin(make_interval(secs => %(span)s), r.ended_at, %(since)s),
       count(*), count(*) filter (where {_FAILED})
  {_TRIED}
 where u.application_id = any(%(applications)s) and r.ended_at >= %(since)s and {_ENDED}
 group by 1, 2
"""
# What tries came to in applications that single runs work in; see apps.limits.tries.
SEEN: Final = f"""
select p.id, s.* from limits_application p
 cross join lateral (
       select count(*) filter (where r.ended_at > now() - make_interval(secs => p.window_seconds)
                                 and (p.counts_from is null or r.ended_at > p.counts_from)),
              count(*) filter (where r.ended_at > now() - make_interval(secs => p.window_seconds)
                                 and (p.counts_from is null or r.ended_at > p.counts_from)
                                 and {_FAILED}),
              count(*) filter (where r.started_at >= p.probe_at and not ({_FAILED})),
              count(*) filter (where r.started_at >= p.probe_at and {_FAILED})
         {_TRIED}
        where u.application_id = p.id and {_ENDED}
          and r.ended_at > least(now() - make_interval(secs => p.window_seconds), p.probe_at)
       ) s (n, n_failed, n_good, n_bad)
 where p.id = any(%(ids)s::bigint[]) and p.breaker_on
   and exists (select from bots_automation_applications u where u.application_id = p.id)
"""
# Applications that answer, as far as is known, though single runs in them failed lately: those that
# are being tried are looked at by what looks after items.
FAILING: Final = f"""
select p.id from limits_application p
 where p.breaker_on and p.state = 'closed'
   and exists (select {_TRIED}
                where u.application_id = p.id and {_FAILED}
                  and r.ended_at > now() - make_interval(secs => p.window_seconds)
                  and (p.counts_from is null or r.ended_at > p.counts_from))
"""


def automations_that_use(
    *, application_ids: Collection[int], limit_ids: Collection[int]
) -> Iterable[Use]:
    """Return the automations that these bind; one query."""
    names = {"applications": list(application_ids), "limits": list(limit_ids)}
    with connection.cursor() as cursor:
        cursor.execute(USES, names)
        rows = cursor.fetchall()
    return [
        Use(
            kind="automation",
            id=pk,
            folder_id=folder_id,
            title=title,
            url=reverse("bot_settings:edit", args=["automation", pk]),
            application_id=application_id,
            limit_id=limit_id,
            waiting=waiting,
            at_work=at_work,
        )
        for pk, folder_id, title, application_id, limit_id, waiting, at_work in rows
    ]


def tries_of_runs(
    application_ids: Collection[int], *, since: datetime, span_seconds: int
) -> Iterator[Tries]:
    """Return how single runs in these applications went, span by span."""
    names: dict[str, Any] = {"applications": list(application_ids)}
    names |= {"since": since, "span": span_seconds}
    with connection.cursor() as cursor:
        cursor.execute(TRIES, names)
        for pk, at, n, n_failed in cursor.fetchall():
            yield Tries(pk, at, n, n_failed)


def names_of_runs(ids: Collection[int]) -> Mapping[int, Name]:
    runs = Run.objects.filter(pk__in=ids).select_related("version__automation")
    return {
        run.pk: Name(
            _("%(automation)s, run %(n)s") % {"automation": run.version.automation, "n": run.pk},
            reverse("runs:run_detail", args=[run.pk]),
        )
        for run in runs
    }


def count_tries(application_ids: Collection[int]) -> Iterable[tuple[int, Seen]]:
    """Return what single runs in these applications came to; for apps.limits.tries."""
    with connection.cursor() as cursor:
        cursor.execute(SEEN, {"ids": list(application_ids)})
        rows = cursor.fetchall()
    for pk, n, n_failed, n_good, n_bad in rows:
        seen = Seen(n=n, n_failed=n_failed, n_successful_probes=n_good, n_failed_probes=n_bad)
        yield pk, seen


def feed_breakers() -> int:
    """Let applications be judged in which single runs failed lately; return how many moved."""
    with connection.cursor() as cursor:
        cursor.execute(FAILING)
        failing = [pk for (pk,) in cursor.fetchall()]
    return feed(failing)
