"""The statements by which slots claim runs; what they mean is told in turns.py."""

from functools import cache
from typing import Final

from apps.limits import statements as limits

# A source that is due more than another keeps a slot longer, too, when there are too few for both
LONGEST_TURN = 12
# What waiting is worth: one point of priority. Runs of one source are put in order when they are
# made (`Run.rank_at`): all of them age alike, so their order never changes
POINT_SECONDS = 6
# Sources whose priorities differ by less are alike: their shares decide
POINTS_PER_LEVEL = 10
# Of each kind that many runs are looked at: enough for all slots that claim in the same instant
LOOKED_AT = 64
# How long a run is left to a bot that has less to do, before any bot may take it
YIELD_SECONDS = 1.5
# A slot that was heard of within that time may be waiting for a run
AWAKE_SECONDS = 3

_FITS: Final = """
    {run}.required_capabilities <@ {bot}.capabilities
    and ({run}.pinned_bot_id is null or {run}.pinned_bot_id = {bot}.id)
"""
# What a run is of its kind by, beside its source: who may take it depends on nothing else. The
# expressions are those of the index `run_waiting`; a list of words may be too long for an index.
_KIND: Final = """{run}.version_id, coalesce({run}.pinned_bot_id, 0),
             hash_array_extended({run}.required_capabilities, 0)"""
# Both by an index that holds nothing else: see the trap below.
_HELD: Final = """
held as materialized (
    select source, bot_id from bots_run
     where pool_id = {pool} and status in ('running', 'stopping')
)
"""
_N_SLOTS: Final = "(select count(*) from held where held.source = {source})"
_SERVED_AT: Final = """
    (select ended.ended_at from bots_run ended
      where ended.pool_id = {pool} and ended.source = {source} and ended.ended_at is not null
      order by ended.ended_at desc limit 1)
"""
_LEVEL: Final = f"""
    floor(({{priority}} + case when {{n_slots}} = 0 then extract(epoch from
           clock_timestamp() - greatest({{since}}, {{served_at}})) / {POINT_SECONDS} else 0 end)
          / {POINTS_PER_LEVEL})
"""

# Bots that take work now: nobody drains or disables them, nobody services them or their pool, and
# neither an emergency stop nor a freeze of all work holds in the folder.
_AT_WORK: Final = """
    {bot}.standing = 'enabled'
    and not exists (select from bots_maintenance m
                     where m.ended_at is null and m.starts_at <= clock_timestamp()
                       and m.ends_at > clock_timestamp()
                       and (m.bot_id = {bot}.id or m.pool_id = {bot}.pool_id))
"""
_FOLDER_WORKS: Final = """
    not exists (select from limits_folderstop s where s.folder_id = {folder})
    and not exists (select from limits_freeze f
                     where f.folder_id = {folder} and f.starts_at <= clock_timestamp()
                       and f.ends_at > clock_timestamp()
                       and not exists (select from limits_freeze_applications fa
                                        where fa.freeze_id = f.id))
"""

# The kinds of runs that wait (of one source, version and need), found by hopping from one to the
# next on the index `run_waiting`; of each that may be taken its first few are read in the order of
# that index, and only those are sorted. So a backlog that nobody here may take costs one hop.
#
# The traps: `select distinct source`, and a join of the runs that wait with their sources, read and
# sort every one of them at each claim of each slot; so does a condition on single runs where none
# meets it, since the first few are then never found. And whatever is counted for a source must not
# be counted in an index that holds its waiting runs, or all that ever ended, as well: the planner
# takes the number of rows of a source for small, and prefers the wrong one. So slots are counted in
# `run_held`, ends are looked up in `run_by_source`, and each holds nothing but these. In the end
# the candidates are taken in their order, one by one, until one can be locked: joined with the
# table and then sorted, all waiting runs would be read once more.
_WAITING: Final = f"""
waiting(source, version_id, pinned, need, required_capabilities) as (
    (select r.source, {_KIND.format(run="r")}, r.required_capabilities
       from bots_run r where r.pool_id = {{pool}} and r.status = 'pending'
      order by r.source, {_KIND.format(run="r")} limit 1)
    union all
    select further.*
      from waiting
     cross join lateral (
           select r.source, {_KIND.format(run="r")}, r.required_capabilities
             from bots_run r
            where r.pool_id = {{pool}} and r.status = 'pending'
              and (r.source, {_KIND.format(run="r")})
                > (waiting.source, waiting.version_id, waiting.pinned, waiting.need)
            order by r.source, {_KIND.format(run="r")} limit 1) further
)
"""
# The kinds among them that `me` may take, and the first few of each, as `r`
_FIRST_FEW: Final = f"""
waiting cross join me
     cross join lateral (
           select * from bots_run r
            where r.pool_id = {{pool}} and r.status = 'pending' and r.source = waiting.source
              and ({_KIND.format(run="r")}) = (waiting.version_id, waiting.pinned, waiting.need)
            order by r.rank_at, r.id limit {LOOKED_AT}) r
 where waiting.pinned in (0, me.id) and waiting.required_capabilities <@ me.capabilities
   and waiting.version_id <> all(%(refused)s::bigint[])
"""
_N_HELD: Final = "(select count(*) from held where held.bot_id = {bot}.id)"
_LOAD: Final = f"({_N_HELD} + 1)::float / {{bot}}.n_slots"
# The bot that claims, and those that have less to do and a slot that listens: a run that one of
# them may take is left to it for a moment.
_BOTS: Final = f"""
{_HELD.format(pool="%(pool)s")}, me as materialized (
    select b.id, b.capabilities, {_LOAD.format(bot="b")} as load
      from bots_bot b
     where b.id = %(bot)s and {_AT_WORK.format(bot="b")}
       and {_FOLDER_WORKS.format(folder="b.folder_id")}
), idler as materialized (
    select o.id, o.capabilities
      from bots_bot o cross join me
     where o.pool_id = %(pool)s and o.id <> me.id and {_AT_WORK.format(bot="o")}
       and {_LOAD.format(bot="o")} < me.load
       and (select count(*) from bots_botslot slot
             where slot.bot_id = o.id
               and slot.heartbeat_at > now() - interval '{AWAKE_SECONDS} seconds')
           > {_N_HELD.format(bot="o")}
)
"""
_IS_LEFT: Final = f"""
    r.created_at > clock_timestamp() - interval '{YIELD_SECONDS} seconds'
    and exists (select from idler where {_FITS.format(run="r", bot="idler")})
"""
# Whether something waits that the bot of this run may take. Parameters: run, refused.
IS_WANTED: Final = f"""
with recursive one as materialized (
    select r.pool_id, bot.id as bot_id, bot.capabilities
      from bots_run r join bots_bot bot on bot.id = r.bot_id where r.id = %(run)s
), {_WAITING.format(pool="(select pool_id from one)")}
select exists (
    select from waiting cross join one
     where waiting.pinned in (0, one.bot_id)
       and waiting.required_capabilities <@ one.capabilities
       and waiting.version_id <> all(%(refused)s::bigint[]))
"""

# What may be claimed in the pool at all; most of the time a slot asks, nothing is.
LOOK: Final = """
select exists (select from bots_run where pool_id = %(pool)s and status = 'pending'),
       exists (select from bots_automation a
                where a.kind = 'run'
                  and a.folder_id = (select folder_id from bots_botpool where id = %(pool)s)
                  and (exists (select from bots_automation_limits l where l.automation_id = a.id)
                       or exists (select from bots_automation_applications u
                                   where u.automation_id = a.id)))
"""

# Parameters: bot, slot, pool; refused: versions whose runs may not start now
CLAIM: Final = f"""
with recursive {_WAITING.format(pool="%(pool)s")}, {_BOTS}, candidate as materialized (
    select r.id, r.source, r.priority, r.share, r.created_at, r.rank_at
      from {_FIRST_FEW.format(pool="%(pool)s")} and not ({_IS_LEFT})
), best as materialized (
    select distinct on (source) source, priority, share, created_at as since
      from candidate order by source, rank_at, id
), counted as materialized (
    select best.*, {_N_SLOTS.format(source="best.source")} as n_slots,
           {_SERVED_AT.format(pool="%(pool)s", source="best.source")} as served_at
      from best
), source as materialized (
    select *, {
    _LEVEL.format(priority="priority", n_slots="n_slots", since="since", served_at="served_at")
} as level
      from counted
)
update bots_run set status = 'running', token = gen_random_uuid(), bot_id = %(bot)s,
       slot_number = %(slot)s, started_at = clock_timestamp(), heartbeat_at = clock_timestamp(),
       progress_at = clock_timestamp()
 where id = (select mine.id
               from (select candidate.id from candidate
                       join source on source.source = candidate.source
                      order by source.level desc, source.n_slots::float / source.share,
                               source.served_at nulls first, candidate.rank_at, candidate.id
                     offset 0) first
              cross join lateral (select r.id from bots_run r
                                   where r.id = first.id and r.status = 'pending'
                                     for update of r skip locked) mine
              limit 1)
returning *
"""

# A run that was just left to another bot, whose bell the one that left it heard.
LEFT: Final = f"""
with {_BOTS}
select r.id
  from (select * from bots_run
         where pool_id = %(pool)s and status = 'pending' order by id desc limit {LOOKED_AT}) r
 cross join me
 where {_FITS.format(run="r", bot="me")}
   and r.version_id <> all(%(refused)s::bigint[])
   and {_IS_LEFT}
 order by r.id desc limit 1
"""

# Parameters: run, turn, refused. The run that has its slot longest among those of its source goes
# first; when it does not (it is busy with one long item) the others go, too. A source is owed a
# slot when it would get this one, and has none, or both are no worse off after the change.
IS_TURN_OVER: Final = f"""
with recursive one as materialized (
    select r.*, bot.capabilities
      from bots_run r join bots_bot bot on bot.id = r.bot_id
     where r.id = %(run)s
       and r.started_at < clock_timestamp() - make_interval(secs => %(turn)s)
), {_HELD.format(pool="(select pool_id from one)")}, mine as materialized (
    select one.*, {_N_SLOTS.format(source="one.source")} as n_slots,
           not exists (select from bots_run earlier
                        where earlier.pool_id = one.pool_id and earlier.source = one.source
                          and earlier.status in ('running', 'stopping')
                          and (earlier.started_at, earlier.id)
                              < (one.started_at, one.id)) as is_first
      from one
), {_WAITING.format(pool="(select pool_id from one)")}, me as (
    select bot_id as id, capabilities from one
), best as materialized (
    select r.source, min(r.created_at) as since,
           (array_agg(r.priority order by r.rank_at, r.id))[1] as priority,
           (array_agg(r.share order by r.rank_at, r.id))[1] as share
      from {_FIRST_FEW.format(pool="(select pool_id from one)")}
       and waiting.source <> (select source from one)
     group by r.source
), theirs as (
    select best.*, {_N_SLOTS.format(source="best.source")} as n_slots,
           {_SERVED_AT.format(pool="(select pool_id from one)", source="best.source")} as served_at
      from best
)
select exists (
    select from mine cross join theirs
     where theirs.since < clock_timestamp() - make_interval(
               secs => case when mine.is_first then %(turn)s else 2 * %(turn)s end)
       and mine.started_at < clock_timestamp() - make_interval(
               secs => %(turn)s * least(greatest(mine.share::float / theirs.share, 1),
                                        {LONGEST_TURN}))
       and {
    _LEVEL.format(
        priority="theirs.priority",
        n_slots="theirs.n_slots",
        since="theirs.since",
        served_at="theirs.served_at",
    )
} >= floor(mine.priority::numeric / {POINTS_PER_LEVEL})
       and (theirs.n_slots = 0
            or (theirs.n_slots + 1)::float / theirs.share
               <= (mine.n_slots - 1)::float / mine.share))
"""

_USED: Final = "select application_id from bots_automation_applications where automation_id = {id}"
_BOUND: Final = "select limit_id from bots_automation_limits where automation_id = {id}"

# Automations whose runs are bound by themselves, and wait in the pool
PENDING_BOUND: Final = """
select a.id from bots_automation a
 where a.kind = 'run'
   and (exists (select from bots_automation_limits l where l.automation_id = a.id)
        or exists (select from bots_automation_applications u where u.automation_id = a.id))
   and exists (select from bots_run r join bots_automationversion v on v.id = r.version_id
                where v.automation_id = a.id and r.pool_id = %(pool)s and r.status = 'pending'
                  and r.ended_at is null)
"""
# Versions of all others that are bound: a run of one of these that is made after PENDING_BOUND was
# asked must not start now, since nothing that binds it is locked. Parameters: pool, automations.
NOT_LOCKED: Final = """
select v.id from bots_automationversion v join bots_automation a on a.id = v.automation_id
 where a.kind = 'run' and a.id <> all(%(automations)s::bigint[])
   and a.folder_id = (select folder_id from bots_botpool where id = %(pool)s)
   and (exists (select from bots_automation_limits l where l.automation_id = a.id)
        or exists (select from bots_automation_applications u where u.automation_id = a.id))
"""


@cache
def lock_bound() -> str:
    """Lock what binds these automations. Parameter: automations."""
    return limits.lock(
        applications=_USED.format(id="any(%(automations)s)"),
        limits=_BOUND.format(id="any(%(automations)s)"),
    )


@cache
def refused_versions() -> str:
    """The versions of these automations of which no run may start now. Parameter: automations."""
    work = limits.Work(
        # a name that no fragment uses for something else
        folder="automation.folder_id",
        applications=_USED.format(id="automation.id"),
        limits=_BOUND.format(id="automation.id"),
    )
    return f"""
    select v.id from bots_automation automation
      join bots_automationversion v on v.automation_id = automation.id
     cross join lateral ({limits.room(work)}) room
     where automation.id = any(%(automations)s) and room.n <= 0"""


@cache
def spend_start() -> str:
    """Take one start from the rates that bind an automation. Parameter: automation."""
    used, bound = _USED.format(id="%(automation)s"), _BOUND.format(id="%(automation)s")
    every = f"{bound} union select id from limits_limit where application_id in ({used})"
    return limits.spend(limits=every, n="1")


# Runs at work that hold a seat: of the limits of their automation, and of its applications.
HELD_SEATS: Final = """
select b.limit_id, 'run', r.id, r.started_at
  from bots_run r
  join bots_automationversion v on v.id = r.version_id
  join bots_automation a on a.id = v.automation_id and a.kind = 'run'
  join (select automation_id, limit_id from bots_automation_limits
         union
        select u.automation_id, m.id from bots_automation_applications u
          join limits_limit m on m.application_id = u.application_id) b on b.automation_id = a.id
 where r.status in ('running', 'stopping')
"""
AT_WORK_IN: Final = """
select u.application_id
  from bots_run r
  join bots_automationversion v on v.id = r.version_id
  join bots_automation a on a.id = v.automation_id and a.kind = 'run'
  join bots_automation_applications u on u.automation_id = a.id
 where r.status in ('running', 'stopping')
"""
