"""The life of a run: the only writer of `Run.status` and `Bot.standing`.

    pending ─claim→ running ─finish→ successful | stopped
       │               │ └──fail──→ faulted        (the automation, or its process, broke)
       │               │ └──lose──→ lost           (its slot died or fell silent)
       │            request_stop / request_kill
       │               ↓
       │            stopping ─────→ the same four ends
       └─request_stop→ stopped

Each move is a guarded update that believes its count. Whoever ends a run that it holds shows the
token that `claim_run` gave out; a late one gets False and must not write. What people do makes an
Event; what machines do is told by `announce` when somebody must hear of it.
"""

import logging
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import DateTimeField, F, Func, QuerySet, Value
from django.db.models.functions import Coalesce, Now
from django.db.models.lookups import GreaterThan
from django.utils.translation import gettext as _

from apps.events import bus, live
from apps.lib.actors import SYSTEM, Actor
from apps.lib.json import JsonObject

from .exceptions import RunEndedError
from .logs import storable_text
from .models import Automation, AutomationVersion, Bot, BotPool, Run, Seconds
from .registry import ExitReport, run_lost_hooks
from .turns import CLAIM

log = logging.getLogger(__name__)

# How much the newest measurement weighs in the moving average of `usual_seconds`
USUAL_WEIGHT = 0.2
SILENT_SECONDS = 30
MAX_REASON = 4000


@dataclass(frozen=True, kw_only=True)
class Orders:
    """What the database wants of a slot that has just said it is alive."""

    standing: str
    is_ours: bool = True
    must_stop: bool = False
    must_kill: bool = False


def create_run(
    version: AutomationVersion,
    *,
    pool: BotPool | None = None,
    run_input: JsonObject | None = None,
    because: str = "",
    source: str = "",
    by: Actor = SYSTEM,
) -> Run:
    """Create a pending run of `version` in `pool` (the automation's own by default).

    Runs of one `source` (the automation by default) take turns with those of others, see turns.py.
    Ring its pool after commit (`transport.ring_pool`) so that a slot comes at once.
    """
    automation = version.automation
    run = Run.objects.create(
        folder_id=automation.folder_id,
        version=version,
        pool=pool or automation.pool,
        input=run_input or {},
        started_because=because[:200],
        source=source or f"automation:{automation.pk}",
    )
    if by.kind != "system":
        _publish("run.created", run, by, {"automation": automation.key, "because": because})
    _nudge(run)
    return run


def claim_run(pool_id: int, bot_id: int, slot_number: int) -> Run | None:
    """Give a pending run of the pool to a slot; None when there is none, or it may not.

    Sources take turns, see turns.py; of one source the oldest run comes first.
    """
    found = list(Run.objects.raw(CLAIM, {"pool": pool_id, "bot": bot_id, "slot": slot_number}))
    if not found:
        return None
    _nudge(found[0])
    return found[0]


def finish_run(run_id: int, token: UUID, report: ExitReport) -> bool:
    """End a run that ended by itself; False when it is no longer ours."""
    status = Run.Status.STOPPED if report.was_stopped else Run.Status.SUCCESSFUL
    with transaction.atomic():
        done = _end(
            _held(run_id, token),
            status=status,
            reason=report.reason,
            output=report.output,
            n_successful=report.n_successful,
            n_failed=report.n_failed,
        )
        if done:
            _learn_usual(run_id, report.seconds_each)
    return done


def fail_run(run_id: int, token: UUID, *, reason: str, unit_in_hand: int | None = None) -> bool:
    """End a run whose automation or process broke, and give back what it held."""
    return _break_off(_held(run_id, token), run_id, Run.Status.FAULTED, reason, unit_in_hand)


def stop_run(
    run_id: int,
    token: UUID,
    *,
    reason: str,
    unit_in_hand: int | None = None,
    is_to_blame: bool = False,
) -> bool:
    """End a run that was killed, and give back what it held.

    What was in hand `is_to_blame` when it outlived the run's time limit, or the grace time after
    a person's request; it is not when the bot was shut down.
    """
    held = _held(run_id, token)
    return _break_off(held, run_id, Run.Status.STOPPED, reason, unit_in_hand, is_to_blame)


def lose_runs_of_slot(bot_id: int, slot_number: int) -> list[int]:
    """End what an earlier process of this slot left behind; the new one calls it at its start."""
    held = Run.objects.filter(bot_id=bot_id, slot_number=slot_number, status__in=Run.HELD)
    return _lose_all(held, _("The slot's process died and was started again."))


def reap_lost_runs(silent_seconds: int = SILENT_SECONDS) -> list[int]:
    """End runs whose slot has not been heard of for a while. Safe to run twice at once.

    Silence while PostgreSQL itself was away does not count.
    """
    limit = Now() - Seconds(Value(float(silent_seconds)))
    silent = Run.objects.filter(
        GreaterThan(limit, Func(function="pg_postmaster_start_time", output_field=DateTimeField())),
        status__in=Run.HELD,
        heartbeat_at__lt=limit,
    )
    return _lose_all(silent, _("The bot stopped answering."))


def request_stop(run_id: int, *, by: Actor, reason: str = "") -> Run:
    """Ask a run to end: at once when it waits, else after the item in hand.

    Asking again changes nothing. Raises RunEndedError.
    """
    return _request(run_id, by, reason, kill=False)


def request_kill(run_id: int, *, by: Actor, reason: str = "") -> Run:
    """Ask a run to end, and kill it when the automation's grace time has passed."""
    return _request(run_id, by, reason, kill=True)


def _request(run_id: int, by: Actor, reason: str, *, kill: bool) -> Run:
    with transaction.atomic():
        run: Run = Run.objects.select_for_update().get(pk=run_id)
        if run.is_final:
            raise RunEndedError(_("This run has ended already: %s.") % run.get_status_display())
        if run.status == Run.Status.PENDING:
            _end(
                Run.objects.filter(pk=run_id),
                status=Run.Status.STOPPED,
                reason=_("Stopped by %s before it began.") % by.name,
                stop_requested_by=by.name[:150],
            )
        else:
            changes: dict[str, Any] = {"stop_requested_at": Coalesce("stop_requested_at", Now())}
            if kill:
                changes["kill_requested_at"] = Coalesce("kill_requested_at", Now())
            Run.objects.filter(pk=run_id).update(
                status=Run.Status.STOPPING, stop_requested_by=by.name[:150], **changes
            )
        kind = "run.kill_requested" if kill else "run.stop_requested"
        _publish(kind, run, by, {"reason": reason, "before": str(run.status)})
        run.refresh_from_db()
    _nudge(run)
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
    done = _held(run_id, token).update(
        progress_at=Now(), n_successful=n_successful, n_failed=n_failed
    )
    if done:
        live.nudge(f"run:{run_id}")
    return bool(done)


def set_standing(bot: Bot, standing: Bot.Standing | str, *, by: Actor, reason: str = "") -> Bot:
    """Enable a bot, let it finish and then stop (drain), or forbid it to work (disable).

    A disabled bot's runs are asked to stop, too.
    """
    with transaction.atomic():
        bot = Bot.objects.select_for_update().get(pk=bot.pk)
        before, after = bot.standing, Bot.Standing(standing)
        if before == after:
            return bot
        Bot.objects.filter(pk=bot.pk).update(standing=after)
        bot.standing = after
        if after != Bot.Standing.ENABLED:
            Run.objects.filter(bot=bot, status__in=Run.HELD).update(
                status=Run.Status.STOPPING,
                stop_requested_at=Coalesce("stop_requested_at", Now()),
                stop_requested_by=by.name[:150],
            )
        bus.publish(
            "bot.standing_changed",
            subject=("bot", bot.pk),
            folder_id=bot.folder_id,
            by=by,
            data={"name": bot.name, "before": before, "after": after.value, "reason": reason},
        )
    live.nudge("bots", "overview")
    return bot


def _held(run_id: int, token: UUID) -> QuerySet[Run]:
    return Run.objects.filter(pk=run_id, token=token, status__in=Run.HELD)


def _lose_all(silent: QuerySet[Run], reason: str) -> list[int]:
    lost = []
    for run_id in list(silent.values_list("pk", flat=True)[:500]):
        try:
            if _lose(silent.filter(pk=run_id), run_id, reason):
                lost.append(run_id)
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            # the others must not wait for ever because one can't be ended
            log.exception("run %s could not be given up", run_id)
    return lost


@transaction.atomic
def _lose(silent: QuerySet[Run], run_id: int, reason: str) -> bool:
    is_mine = silent.select_for_update(skip_locked=True, of=("self",)).exists()
    return is_mine and _break_off(silent, run_id, Run.Status.LOST, reason)


def _break_off(
    guarded: QuerySet[Run],
    run_id: int,
    status: Run.Status,
    reason: str,
    unit_in_hand: int | None = None,
    is_to_blame: bool = True,
) -> bool:
    """End a run that did not end itself; what it held goes back in the same transaction."""
    reason = storable_text(reason)[:MAX_REASON]
    with transaction.atomic():
        if not _end(guarded, status=status, reason=reason):
            return False
        for hook in run_lost_hooks():
            hook(run_id, unit_in_hand=unit_in_hand, is_to_blame=is_to_blame)
        if status in {Run.Status.LOST, Run.Status.FAULTED}:
            bus.announce("run.broken", {"run_id": run_id, "status": status.value, "reason": reason})
    return True


def _end(guarded: QuerySet[Run], *, status: Run.Status, reason: str, **changes: Any) -> bool:
    reason = storable_text(reason)[:MAX_REASON]
    with transaction.atomic():
        ids = list(guarded.select_for_update(of=("self",)).values_list("pk", flat=True))
        done = guarded.filter(pk__in=ids).update(
            status=status, ended_at=Now(), exit_reason=reason, **changes
        )
    if done:
        live.nudge("bots", "overview", *(f"run:{pk}" for pk in ids))
    return bool(done)


def _learn_usual(run_id: int, seconds: float | None) -> None:
    if seconds is None:
        return
    usual = Coalesce(F("usual_seconds"), Value(seconds))
    Automation.objects.filter(versions__runs=run_id).update(
        usual_seconds=usual * (1 - USUAL_WEIGHT) + seconds * USUAL_WEIGHT
    )


def _publish(kind: str, run: Run, by: Actor, data: JsonObject) -> None:
    bus.publish(kind, subject=("run", run.pk), folder_id=run.folder_id, by=by, data=data)


def _nudge(run: Run) -> None:
    live.nudge("bots", "overview", f"run:{run.pk}")
