"""Runs are made, claimed by slots, and beat."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models.functions import Now

from apps.bots.models import Automation, AutomationVersion, Bot, BotPool, Run
from apps.bots.statements import (
    CLAIM,
    LEFT,
    LOOK,
    NOT_LOCKED,
    PENDING_BOUND,
    POINT_SECONDS,
    lock_bound,
    refused_versions,
    spend_start,
)
from apps.events import live
from apps.events.causes import note_causes
from apps.lib.actors import SYSTEM, Actor
from apps.lib.json import JsonObject

from .recording import held, nudge, publish


@dataclass(frozen=True, kw_only=True)
class Orders:
    """What the database wants of a slot that has just said it is alive."""

    standing: str
    is_ours: bool = True
    must_stop: bool = False
    must_kill: bool = False


def create_run(  # noqa: PLR0913 - one for each thing that a run can be asked for with
    version: AutomationVersion,
    *,
    pool: BotPool | None = None,
    run_input: JsonObject | None = None,
    because: str = "",
    source: str = "",
    share: int = 1,
    priority: int | None = None,
    required_capabilities: Sequence[str] = (),
    pinned_bot: Bot | None = None,
    by: Actor = SYSTEM,
) -> Run:
    """Create a pending run of `version`: in `pool`, else the pinned bot's, else its own.

    Runs of one `source` (the automation by default) take turns with those of others, see turns.py;
    `share` is how many slots the source is due, compared with others. Only bots that can do all
    that the automation and `required_capabilities` ask for take it; with `pinned_bot` only that
    one. Ring its pool after commit (`transport.ring_pool`) so that a slot comes at once.
    """
    automation = version.automation
    points = automation.priority if priority is None else priority
    run = Run.objects.create(
        folder_id=automation.folder_id,
        version=version,
        pool=pool or (pinned_bot.pool if pinned_bot else automation.pool),
        input=run_input or {},
        started_because=because[:200],
        source=source or f"automation:{automation.pk}",
        share=share,
        priority=points,
        rank_at=Now() - timedelta(seconds=points * POINT_SECONDS),
        required_capabilities=sorted({*automation.required_capabilities, *required_capabilities}),
        pinned_bot=pinned_bot,
    )
    _note_created(run, by)
    return run


def _note_created(run: Run, by: Actor) -> None:
    note_causes("run", [run.pk])
    if by.kind != "system":
        publish("run.created", run, by, _asked_with(run))
    nudge(run)


def _asked_with(run: Run) -> JsonObject:
    data: JsonObject = {
        "automation": run.version.automation.key,
        "because": run.started_because,
    }
    return data | ({"bot": run.pinned_bot.name} if run.pinned_bot else {})


def claim_run(pool_id: int, bot_id: int, slot_number: int) -> Run | None:
    """Give a pending run of the pool to a slot; None when there is none, or it may not.

    Which one comes first is told in turns.py. Runs that limits or applications keep from starting
    stay where they are.
    """
    names = {"pool": pool_id, "bot": bot_id, "slot": slot_number}
    with connection.cursor() as cursor:
        cursor.execute(LOOK, names)
        is_waiting, is_bound = cursor.fetchone()
    if not is_waiting:
        return None
    run = _claim_bound(names) if is_bound else _claim(names, [])
    if run is not None:
        nudge(run)
    return run


def find_left(pool_id: int, bot_id: int) -> int | None:
    """Return a run that this bot has just left to one that has less to do, None if there is none.

    Its bell was heard here: whoever heard it should ring again.
    """
    with connection.cursor() as cursor:
        cursor.execute(LEFT, {"pool": pool_id, "bot": bot_id, "refused": []})
        found = cursor.fetchone()
    return found[0] if found else None


def _claim(names: dict[str, int], refused: list[int]) -> Run | None:
    found = list(Run.objects.raw(CLAIM, {**names, "refused": refused}))
    return found[0] if found else None


@transaction.atomic
def _claim_bound(names: dict[str, int]) -> Run | None:
    """Claim under the locks of what binds runs that wait, each step a statement of its own.

    What is bound in the same moment for the first time may let one run through. A run that is made
    meanwhile, of an automation of which none waited before, waits for the next claim.
    """
    with connection.cursor() as cursor:
        cursor.execute(PENDING_BOUND, names)
        bound = [pk for (pk,) in cursor.fetchall()]
        cursor.execute(NOT_LOCKED, {**names, "automations": bound})
        refused = [pk for (pk,) in cursor.fetchall()]
        if bound:
            cursor.execute(lock_bound(), {"automations": bound})
            cursor.execute(refused_versions(), {"automations": bound})
            refused += [pk for (pk,) in cursor.fetchall()]
        run = _claim(names, refused)
        if run is not None and bound:
            automation = Automation.objects.get(versions=run.version_id)
            if automation.pk in bound:
                cursor.execute(spend_start(), {"automation": automation.pk})
    return run


BEAT = """
with slot as (
    update bots_botslot set heartbeat_at = now()
     where bot_id = %(bot)s and number = %(slot)s
), bot as (
    update bots_bot set heartbeat_at = now()
     where id = %(bot)s
       and (heartbeat_at is null or heartbeat_at < now() - interval '2 seconds')
), run as (
    update bots_run set heartbeat_at = now()
     where id = %(run)s and token = %(token)s and status in ('running', 'stopping')
    returning stop_requested_at is not null as must_stop,
              kill_requested_at is not null as must_kill
)
select (select standing from bots_bot where id = %(bot)s), run.must_stop, run.must_kill
  from (select 1) one left join run on true
"""


def record_beat(
    bot_id: int, slot_number: int, *, run_id: int | None = None, token: UUID | None = None
) -> Orders:
    """Say that a slot (and the run in it) is alive; return what people want of it meanwhile."""
    names = {"bot": bot_id, "slot": slot_number, "run": run_id, "token": token}
    with connection.cursor() as cursor:
        cursor.execute(BEAT, names)
        standing, must_stop, must_kill = cursor.fetchone()
    return Orders(
        standing=standing or Bot.Standing.DISABLED,
        is_ours=run_id is None or must_stop is not None,
        must_stop=bool(must_stop),
        must_kill=bool(must_kill),
    )


def record_progress(run_id: int, token: UUID, *, n_successful: int, n_failed: int) -> bool:
    """Store how far a run got (totals); False when it is no longer ours."""
    done = held(run_id, token).update(
        progress_at=Now(), n_successful=n_successful, n_failed=n_failed
    )
    if done:
        live.nudge(f"run:{run_id}")
    return bool(done)
