"""How much of a queue may be leased now, beside what is ready: limits, holds, capabilities.

Queues that nothing binds are not asked: FINISH_AND_LEASE says `is_limited` of those that are, and
leases nothing. Then, in one transaction: LOCK_ROOM, `ask_room()`, FINISH_AND_LEASE for no more
than that, and SPEND. Each is a statement of its own: it must see what others committed before they
let go of the locks.
"""

from typing import Final

from apps.limits import statements as limits

QUEUE: Final = "%(queue_id)s::bigint"


def work_of(queue: str = "q.id", *, folder: str = "q.folder_id") -> limits.Work:
    """Return how the items of a queue (an expression of its number) are bound."""
    uses, bound = "queues_workqueue_applications", "queues_workqueue_limits"
    return limits.Work(
        folder=folder,
        applications=f"select x.application_id from {uses} x where x.workqueue_id = {queue}",
        limits=f"select x.limit_id from {bound} x where x.workqueue_id = {queue}",
    )


def room_of_queue() -> str:
    """A query of one row about the queue `q`: see `apps.limits.statements.room`."""
    return limits.room(work_of())


def holds_of_queue() -> str:
    """A query of one row about the queue `q`: see `apps.limits.statements.holds`."""
    return limits.holds(work_of())


_USES: Final = work_of().applications
_BOUND: Final = work_of().limits

# Whether anything beside a pause may keep items of the queue `q` from being leased. Asked at each
# lease of each queue: look-ups of nothing in small indexes, and the first that is found ends it.
IS_LIMITED: Final = f"""(
       q.max_in_progress is not null
    or q.required_capabilities <> '{{}}'
    or exists ({_BOUND})
    or exists (select from limits_folderstop s where s.folder_id = q.folder_id)
    or exists (select from limits_freeze z
                where z.folder_id = q.folder_id and z.ends_at > {limits.NOW}
                  and z.starts_at <= {limits.NOW})
    or exists (select from queues_workqueue_applications x
                 join limits_application a on a.id = x.application_id
                where x.workqueue_id = q.id
                  and (a.state <> 'closed' or a.held_at is not null
                       or exists (select from limits_limit m where m.application_id = a.id))))"""

# What must not change while it is counted and leased. Whoever counts what is leased must see all
# that the one before leased, so the snapshot that counts must come after the lock.
LOCK_ROOM: Final = f"""
select 0 as place, q.id,
       pg_advisory_xact_lock(hashtext('queues: max_in_progress'), q.id::int)
  from queues_workqueue q where q.id = {QUEUE} and q.max_in_progress is not null
union all
select * from ({
    limits.lock(applications=work_of(QUEUE).applications, limits=work_of(QUEUE).limits)
}) bound
"""

# The words of a bot that is registered, by its run or by its name
_KNOWN: Final = """
    case when w.run_id is null
         then (select b.capabilities from bots_bot b
                where b.folder_id = q.folder_id and b.name = w.bot)
         else (select b.capabilities from bots_run r join bots_bot b on b.id = r.bot_id
                where r.id = w.run_id) end"""


def ask_room() -> str:
    """What may be leased from the queue now; no row if there is none.

    Parameters: queue_id; wanted_by, run_ids and capabilities (JSON), one element for each want.
    Yields: n and hold as of `room`; is_bound: nothing is to be leased ahead; is_limited: see above;
    required; is_capable: of each want; held: applications and limits that had to be locked, as
    [place, id]; has_rates.
    """
    work = work_of()
    return f"""
select case when q.paused_at is not null then 0 else r.n end,
       case when q.paused_at is null then r.hold
            else jsonb_build_object('code', 'queue_paused', 'reason', q.paused_reason) end,
       r.is_bound, {IS_LIMITED}, q.required_capabilities::text[],
       array(select q.required_capabilities::text[]
                    <@ (array(select jsonb_array_elements_text(w.has))
                        || coalesce({_KNOWN}, '{{}}')::text[])
               from rows from (unnest(%(wanted_by)s::text[]), unnest(%(run_ids)s::bigint[]),
                               jsonb_array_elements(%(capabilities)s::jsonb))
                    with ordinality as w (bot, run_id, has, want)
              order by w.want),
       array(select array[1, a.id] from limits_application a
              where a.state <> 'closed' and a.id in ({work.applications})
             union all
             select array[2, m.id] from limits_limit m where {work.all_limits}),
       exists (select from limits_limit m where m.kind = 'rate' and {work.all_limits})
  from queues_workqueue q
 cross join lateral ({room_of_queue()}) r
 where q.id = {QUEUE}
"""


# Takes what `n` leased items cost from the rates that bind the queue.
SPEND: Final = limits.spend(
    limits=f"""select m.id from limits_limit m
        where (m.id in ({work_of(QUEUE).limits})
               or m.application_id in ({work_of(QUEUE).applications}))""",
    n="%(n)s::int",
)

# For apps.limits.holders: each lease holds a seat of each limit that binds its queue.
HELD_SEATS: Final = """
    select b.limit_id, 'item' as subject_kind, l.item_id as subject_id, l.leased_at as since
      from (select x.limit_id, x.workqueue_id from queues_workqueue_limits x
            union
            select m.id, x.workqueue_id from limits_limit m
              join queues_workqueue_applications x on x.application_id = m.application_id) b
      join queues_lease l on l.queue_id = b.workqueue_id"""

# For apps.limits.statements: what is tried in an application that is being probed.
AT_WORK: Final = """
    select x.application_id from queues_workqueue_applications x
      join queues_lease l on l.queue_id = x.workqueue_id"""
