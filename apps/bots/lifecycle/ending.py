"""How runs end: by themselves, broken off, lost with their slot."""

import logging
from uuid import UUID

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import DateTimeField, F, Func, QuerySet, Value
from django.db.models.functions import Coalesce, Now
from django.db.models.lookups import GreaterThan
from django.utils.translation import gettext as _

from apps.bots.logs import storable_text
from apps.bots.models import Automation, Run, Seconds
from apps.bots.registry import ExitReport, run_lost_hooks
from apps.events import bus

from .recording import MAX_REASON, end, held

log = logging.getLogger(__name__)

# How much the newest measurement weighs in the moving average of `usual_seconds`
USUAL_WEIGHT = 0.2
SILENT_SECONDS = 30


def finish_run(run_id: int, token: UUID, report: ExitReport) -> bool:
    """End a run that ended by itself; False when it is no longer ours."""
    status = Run.Status.STOPPED if report.was_stopped else Run.Status.SUCCESSFUL
    with transaction.atomic():
        done = end(
            held(run_id, token),
            status=status,
            reason=report.reason,
            output=report.output,
            n_successful=report.n_successful,
            n_failed=report.n_failed,
        )
        if done:
            _learn_usual(run_id, report.seconds_each)
    return done


def fail_run(
    run_id: int,
    token: UUID,
    *,
    reason: str,
    unit_in_hand: int | None = None,
    is_data_fault: bool = False,
) -> bool:
    """End a run whose automation or process broke, and give back what it held.

    With `is_data_fault` its data were wrong: it does not speak against its application.
    """
    mine = held(run_id, token)
    with transaction.atomic():
        done = _break_off(mine, run_id, Run.Status.FAULTED, reason, unit_in_hand)
        if done and is_data_fault:
            Run.objects.filter(pk=run_id, token=token).update(is_data_fault=True)
    return done


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
    mine = held(run_id, token)
    return _break_off(mine, run_id, Run.Status.STOPPED, reason, unit_in_hand, is_to_blame)


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
        if not end(guarded, status=status, reason=reason):
            return False
        for hook in run_lost_hooks():
            hook(run_id, unit_in_hand=unit_in_hand, is_to_blame=is_to_blame)
        if status in {Run.Status.LOST, Run.Status.FAULTED}:
            bus.announce("run.broken", {"run_id": run_id, "status": status.value, "reason": reason})
    return True


def _learn_usual(run_id: int, seconds: float | None) -> None:
    if seconds is None:
        return
    usual = Coalesce(F("usual_seconds"), Value(seconds))
    Automation.objects.filter(versions__runs=run_id).update(
        usual_seconds=usual * (1 - USUAL_WEIGHT) + seconds * USUAL_WEIGHT
    )
