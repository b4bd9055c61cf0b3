"""What statements of apps above are made of that start work: what holds it back, how much of it
may start now, the locks under which that is true, and what a start costs.

Whoever starts work that is bound goes four steps in one transaction, each a statement of its own,
since each must see what was committed before the lock was given:

1. `lock`: all limits that bind it, in the order of their numbers, so that nobody deadlocks;
2. `room`: how many may start, or what holds them back;
3. start at most so many. A seat is then held by what was started itself (see `holders`);
4. `spend`: take what the starts cost from rates.

Nothing is handed out that somebody would have to give back: kill whom you like, wherever.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from . import holders

NOW: Final = "statement_timestamp()"


@dataclass(frozen=True, kw_only=True)
class Work:
    """How the statement around a fragment names a piece of work, in SQL.

    `folder`: an expression of its folder's number. `applications` and `limits`: queries of one
    column, the numbers of the applications it uses and of limits that bind it beside theirs.
    """

    folder: str
    applications: str
    limits: str

    @property
    def all_limits(self) -> str:
        """A condition on the limit `m`: whether it binds this work."""
        return f"(m.id in ({self.limits}) or m.application_id in ({self.applications}))"


# by name: SQL of one column `application_id`, a row for each try that is at work in it
_at_work: dict[str, str] = {}


def register_at_work(name: str, sql: str) -> None:
    """Count what this SQL yields as tries at work in an application that is being probed.

    It yields `application_id`, takes no parameters, and must be quick for a single application.
    Apps above call it when ready; called again by the same name it takes the place.
    """
    _at_work[name] = sql


def lock(*, applications: str, limits: str) -> str:
    """Lock what binds work that uses these (queries of numbers), until the transaction ends.

    Yields (place, id): 1 for applications, of which only those are locked that don't simply
    answer, and 2 for limits. What is bound later than this statement began is not locked: compare.
    """
    # sorted in a subquery: locks are taken in the order in which its rows come
    return f"""
    select l.place, l.id, pg_advisory_xact_lock(l.space, l.id::int)
      from (select 1 as place, hashtext('limits: application') as space, a.id
              from limits_application a
             where a.state <> 'closed' and a.id in ({applications})
            union all
            select 2, hashtext('limits: limit'), m.id
              from limits_limit m
             where m.id in ({limits}) or m.application_id in ({applications})
             order by 1, 3
            offset 0) l"""


def room(work: Work) -> str:
    """A query of one row: how much of `work` may start now, and what keeps the rest.

    `n`: how many (null: any number; may be below 0). `hold`: null, or where `n` <= 0 the first
    reason as JSON {code, what, reason, until, size}: stopped, freeze, application_held, breaker,
    limit or rate, what is called so, what people said, when it ends if that is known. `is_bound`:
    whether a limit binds it, so that nothing should be started ahead of its time.
    """
    return f"""
    select min(o.n) as n, coalesce(bool_or(o.code in ('limit', 'rate')), false) as is_bound,
           (array_agg(jsonb_build_object('code', o.code, 'what', o.what, 'reason', o.reason,
                                         'until', o.until, 'size', o.size)
                      order by o.place, o.until desc nulls first)
                filter (where o.n <= 0))[1] as hold
      from ({_obstacles(work)}) o"""


def holds(work: Work) -> str:
    """A query of one row and column: all that keeps any more of `work` from starting now.

    A JSON list of {code, id, until}, in the order of `room`, which names only the first: `id` is
    the number of the stop, the freeze, the application or the limit.
    """
    return f"""
    select coalesce(jsonb_agg(jsonb_build_object('code', o.code, 'id', o.id, 'until', o.until)
                              order by o.place, o.until desc nulls first, o.id), '[]') as holds
      from ({_obstacles(work)}) o where o.n <= 0"""


def _obstacles(work: Work) -> str:
    """All that bounds how much of `work` may start: (place, code, n, what, reason, until, size,
    id)."""
    return f"""
    select 1 as place, 'stopped' as code, 0 as n, '' as what, s.reason as reason,
           null::timestamptz as until, null::int as size, s.id as id
      from limits_folderstop s where s.folder_id = {work.folder}
    union all
    select 2, 'freeze', 0, z.title, z.reason, z.ends_at, null, z.id
      from limits_freeze z
     where z.folder_id = {work.folder} and z.ends_at > {NOW} and z.starts_at <= {NOW}
       and (exists (select from limits_freeze_applications y
                     where y.freeze_id = z.id and y.application_id in ({work.applications}))
            or not exists (select from limits_freeze_applications y where y.freeze_id = z.id))
    union all
    select 3, 'application_held', 0, a.title, a.held_reason, a.held_until, null, a.id
      from limits_application a
     where a.id in ({work.applications})
       and a.held_at is not null and (a.held_until is null or a.held_until > {NOW})
    union all
    select 4, 'breaker', case when a.state = 'open' and a.probe_at > {NOW} then 0
                              else 1 - ({_count_at_work("a.id")}) end,
           a.title, a.reason, case when a.probe_at > {NOW} then a.probe_at end, null, a.id
      from limits_application a
     where a.id in ({work.applications}) and a.state <> 'closed'
    union all
    select 5, case m.kind when 'seats' then 'limit' else 'rate' end,
           case m.kind when 'seats' then m.size - ({_count_seats("m.id")}) else {_tokens()} end,
           m.title, '', case when m.theoretical_at > {NOW} then {_next_at()} end, m.size, m.id
      from limits_limit m
     where {work.all_limits}"""


def spend(*, limits: str, n: str) -> str:
    """Take `n` (an expression) starts from the rates among these limits (a query of numbers).

    Under their locks, after the starts: so what a rate allows holds for the times of the starts
    as they were written, too.
    """
    return f"""
    update limits_limit m
       set theoretical_at = greatest(m.theoretical_at, {NOW})
                            + (({n}) * {_spacing()})::float8 * interval '1 second'
     where m.kind = 'rate' and m.id in ({limits}) and ({n}) > 0"""


def _spacing() -> str:
    """Seconds from one start to the next, if all are evenly spread; never too short by rounding."""
    return "(ceil(m.per_seconds * 1000000.0 / m.size) / 1000000)"


def _tokens() -> str:
    """How many starts the rate `m` allows now (GCRA).

    Within any `per_seconds` at most `size` start, and `burst` - 1 more after a rest.
    """
    early = f"greatest(0, extract(epoch from m.theoretical_at - {NOW}))"
    return f"floor(m.burst - {early} / {_spacing()})::int"


def _next_at() -> str:
    """When the rate `m` allows the next start."""
    return f"m.theoretical_at - ((m.burst - 1) * {_spacing()})::float8 * interval '1 second'"


def _count_seats(limit: str) -> str:
    return _count(f"select from {part} where h.limit_id = {limit}" for part in holders.parts())


def _count_at_work(application: str) -> str:
    return _count(
        f"select from ({sql}) as w(application_id) where w.application_id = {application}"
        for sql in _at_work.values()
    )


def _count(queries: Iterable[str]) -> str:
    together = " union all ".join(queries)
    return f"select count(*)::int from ({together}) counted" if together else "select 0"
