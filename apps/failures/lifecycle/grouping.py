"""Gives failures their groups: each once, whoever is killed when.

One transaction takes some of what has no group (it is gone, or it is all undone), reads what is
known of them, and writes each into its group under the key of its source. Only what was not there
before counts. One process does it at a time: a second one has nothing to add.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from django.db import connection, transaction

from apps.failures.facts import MAX_MESSAGE, Key, Known, known_of
from apps.failures.fingerprint import Fault, Print, print_of
from apps.failures.models import FailureGroup
from apps.lib.clock import seconds_from_now

from .recording import SYSTEM, nudge, record

Status = FailureGroup.Status
GroupKey = tuple[int, str]  # folder, fingerprint

SOME: Final = 1_000
# So many new groups in a place within a day say nothing any more: what comes then goes together
MANY_GROUPS, A_DAY_SECONDS = 200, 86_400

LOCK: Final = "select pg_try_advisory_xact_lock(hashtext('failures: group'))"

TAKE: Final = """
with chosen as materialized (
    select source, source_id, number from failures_ungrouped
     order by source, source_id, number limit %(limit)s for update skip locked)
delete from failures_ungrouped u using chosen s
 where u.source = s.source and u.source_id = s.source_id and u.number = s.number
returning u.source, u.source_id, u.number, u.at
"""

KEEP: Final = """
insert into failures_failure (source, source_id, number, at, group_id, bot)
select * from unnest(%(sources)s::text[], %(ids)s::bigint[], %(numbers)s::int[],
                     %(ats)s::timestamptz[], %(groups)s::bigint[], %(bots)s::text[])
on conflict (source, source_id, number, at) do nothing
returning source, source_id, number
"""

COUNT: Final = """
update failures_failuregroup g
   set count = g.count + s.n, first_at = least(g.first_at, s.first_at),
       last_at = greatest(g.last_at, s.last_at),
       message = case when s.last_at >= g.last_at then s.message else g.message end
  from unnest(%(groups)s::bigint[], %(ns)s::int[], %(firsts)s::timestamptz[],
              %(lasts)s::timestamptz[], %(messages)s::text[])
       as s (id, n, first_at, last_at, message)
 where g.id = s.id
"""

COUNT_MINUTES: Final = """
insert into failures_minutefailures (group_id, minute, n)
select group_id, date_trunc('minute', at), count(*)
  from unnest(%(groups)s::bigint[], %(ats)s::timestamptz[]) as s (group_id, at)
 group by 1, 2
on conflict (group_id, minute) do update set n = failures_minutefailures.n + excluded.n
"""

COUNT_BOTS: Final = """
insert into failures_botfailures (group_id, bot, n, last_at)
select group_id, bot, count(*), max(at)
  from unnest(%(groups)s::bigint[], %(bots)s::text[], %(ats)s::timestamptz[])
       as s (group_id, bot, at)
 where bot <> ''
 group by 1, 2
on conflict (group_id, bot) do update
   set n = failures_botfailures.n + excluded.n,
       last_at = greatest(failures_botfailures.last_at, excluded.last_at)
"""


@transaction.atomic
def group_some(limit: int = SOME) -> int:
    """Give up to `limit` failures their groups; return how many were looked at, 0 if none waits.

    0 as well while another process is at it.
    """
    if not _rows(LOCK)[0][0]:
        return 0
    taken = _rows(TAKE, {"limit": limit})
    if taken:
        _keep(known_of(taken))
    return len(taken)


def _keep(known: Sequence[Known]) -> None:
    prints = {each.key: print_of(each.fault) for each in known}
    groups, made = _groups_for(known, prints)
    numbers = {each.key: groups[_key(each.fault, prints[each.key])] for each in known}
    added = _add(known, numbers)
    if added:
        _count(added, numbers)
        _come_back(added, numbers)
    for group in made:
        record("opened", group, SYSTEM, {"message": group.message[:300]})
    nudge(set(numbers.values()))


def _groups_for(
    known: Sequence[Known], prints: dict[Key, Print]
) -> tuple[Mapping[GroupKey, int], list[FailureGroup]]:
    """Return the group of each print, and those that were made for it. May coarsen `prints`."""
    found = _find(prints.values())
    missing = [each for each in known if _key(each.fault, prints[each.key]) not in found]
    if not missing:
        return found, []
    _coarsen(missing, prints)
    first: dict[GroupKey, Known] = {}
    found = _find(prints.values())
    for each in missing:
        key = _key(each.fault, prints[each.key])
        if key not in found:
            first.setdefault(key, each)
    rows = [_new_group(each, prints[each.key]) for each in first.values()]
    _inherit(rows)
    made = FailureGroup.objects.bulk_create(rows)
    return {**found, **{(row.folder_id, row.fingerprint): row.pk for row in made}}, made


def _find(prints: Iterable[Print]) -> dict[GroupKey, int]:
    wanted = {each.fingerprint for each in prints}
    rows = FailureGroup.objects.filter(fingerprint__in=wanted)
    return {
        (folder_id, fingerprint): pk
        for pk, folder_id, fingerprint in rows.values_list("pk", "folder_id", "fingerprint")
    }


def _coarsen(missing: Sequence[Known], prints: dict[Key, Print]) -> None:
    """Where messages come to new groups without end, put what is new together, whatever it says."""
    new: dict[tuple[Any, ...], set[str]] = defaultdict(set)
    for each in missing:
        new[_place(each)].add(prints[each.key].fingerprint)
    crowded = {place for place, some in new.items() if len(some) + _n_young(place) > MANY_GROUPS}
    for each in missing:
        if _place(each) in crowded:
            prints[each.key] = print_of(replace(each.fault, message="", values=()))


def _n_young(place: tuple[Any, ...]) -> int:
    queue_id, automation_id, workflow_id = place
    young = FailureGroup.objects.filter(
        queue=queue_id,
        automation=automation_id,
        workflow=workflow_id,
        created_at__gt=seconds_from_now(-A_DAY_SECONDS),
    )
    return young.count()


def _place(each: Known) -> tuple[int | None, int | None, int | None]:
    return each.queue_id, each.automation_id, each.workflow_id


def _new_group(each: Known, its: Print) -> FailureGroup:
    fault = each.fault
    return FailureGroup(
        folder_id=fault.folder_id,
        kind=fault.kind,
        fingerprint=its.fingerprint,
        cause=its.cause,
        queue_id=each.queue_id,
        automation_id=each.automation_id,
        workflow_id=each.workflow_id,
        step=each.step,
        error_class=fault.error_class,
        code=fault.code,
        pattern=its.pattern,
        version=fault.version,
        message=fault.message[:MAX_MESSAGE],
        first_at=each.at,
        last_at=each.at,
        status=Status.NEW,
    )


def _inherit(rows: Sequence[FailureGroup]) -> None:
    """What people said about the same failure in another version holds for this one, too.

    Unless they took it for mended: then it is back, in a version that should not have it.
    """
    kin: dict[tuple[int, str, str], FailureGroup] = {}
    known = FailureGroup.objects.filter(cause__in={row.cause for row in rows}).order_by("pk")
    for each in known:
        kin[each.folder_id, each.cause, each.kind] = each
    for row in rows:
        other = kin.get((row.folder_id, row.cause, row.kind))
        if other is None:
            continue
        row.owner_id, row.runbook_url = other.owner_id, other.runbook_url
        row.status = Status.BACK if other.status == Status.RESOLVED else other.status
        row.muted_until, row.note = other.muted_until, other.note
        row.resolved_at = other.resolved_at


def _add(known: Sequence[Known], numbers: Mapping[Key, int]) -> list[Known]:
    """Write each under its key; return those that were not there before."""
    values = {
        "sources": [each.key[0] for each in known],
        "ids": [each.key[1] for each in known],
        "numbers": [each.key[2] for each in known],
        "ats": [each.at for each in known],
        "groups": [numbers[each.key] for each in known],
        "bots": [each.bot for each in known],
    }
    new = {(source, pk, number) for source, pk, number in _rows(KEEP, values)}
    return [each for each in known if each.key in new]


def _count(added: Sequence[Known], numbers: Mapping[Key, int]) -> None:
    groups = [numbers[each.key] for each in added]
    ats = [each.at for each in added]
    _run(COUNT_MINUTES, {"groups": groups, "ats": ats})
    _run(COUNT_BOTS, {"groups": groups, "ats": ats, "bots": [each.bot for each in added]})
    newest = _newest(added, numbers)
    n, first = Counter(groups), _firsts(added, numbers)
    values = {
        "groups": list(newest),
        "ns": [n[pk] for pk in newest],
        "firsts": [first[pk] for pk in newest],
        "lasts": [each.at for each in newest.values()],
        "messages": [each.fault.message[:MAX_MESSAGE] for each in newest.values()],
    }
    _run(COUNT, values)


def _come_back(added: Sequence[Known], numbers: Mapping[Key, int]) -> None:
    """What was resolved is back when it happened again afterwards, not when news was late."""
    for pk, newest in _newest(added, numbers).items():
        resolved = FailureGroup.objects.filter(
            pk=pk, status=Status.RESOLVED, resolved_at__lt=newest.at
        )
        if resolved.update(status=Status.BACK):
            record("back", FailureGroup.objects.get(pk=pk), SYSTEM)


def _newest(added: Sequence[Known], numbers: Mapping[Key, int]) -> dict[int, Known]:
    return {numbers[each.key]: each for each in sorted(added, key=lambda each: each.at)}


def _firsts(added: Sequence[Known], numbers: Mapping[Key, int]) -> dict[int, datetime]:
    ordered = sorted(added, key=lambda each: each.at, reverse=True)
    return {numbers[each.key]: each.at for each in ordered}


def _key(fault: Fault, its: Print) -> GroupKey:
    return fault.folder_id, its.fingerprint


def _rows(sql: str, values: dict[str, Any] | None = None) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _run(sql: str, values: dict[str, Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
