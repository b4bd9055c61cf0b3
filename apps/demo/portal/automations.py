"""The bot that asks the portal: one run takes what waits, as often as the portal lets it ask."""

from time import sleep
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.bots.models import Run
from apps.bots.registry import RunContext, automation
from apps.lib.clock import database_now
from apps.lib.json import JsonObject
from apps.queues.lifecycle import Hold, LeasedItem, Result, Wanted, finish_items, take_turn
from apps.queues.models import Attempt, WorkQueue

from .service import PortalUnavailableError, UnknownVendorError, ask_about

CHECKS: Final = "vendor-checks"  # the key of its queue
# Waiting for seats and for the next start is short; for anything else another run comes later
WORTH_WAITING: Final = ("limit", "rate")
LONGEST_PAUSE_SECONDS: Final = 2.0

Outcome = Attempt.Outcome


@automation("vendors.check", title=gettext_lazy("Ask the portal about vendors"), kind="run")
def check_vendors(run: RunContext) -> JsonObject:
    """Ask about each vendor that waits; end when none is left, or the portal rests."""
    queue = WorkQueue.objects.get(key=CHECKS, folder__demo_setting__isnull=False)
    bot = Run.objects.values_list("bot__name", flat=True).get(pk=run.id)
    wanted = Wanted(queue_id=queue.pk, n=1, bot=bot or "", run_id=run.id, is_ahead=True)
    done: list[Result] = []
    while not run.should_stop:
        turn = take_turn(done, wanted)
        done = [_ask(run, queue, leased) for leased in turn.leased]
        if done:
            continue
        if turn.hold is None or turn.hold.code not in WORTH_WAITING:
            _say_why(run, turn.hold)
            break
        run.progress(run.n_done, run.n_failed)  # it waits, it does not hang
        sleep(_pause_seconds(turn.hold))
    if done:
        finish_items(done)
    return {"asked": run.n_done, "failed": run.n_failed}


def _ask(run: RunContext, queue: WorkQueue, leased: LeasedItem) -> Result:
    name = str(leased.payload.get("vendor", ""))
    try:
        answer = ask_about(queue.folder_id, name)
    except PortalUnavailableError as error:
        return _failed(run, leased, Outcome.APPLICATION_EXCEPTION, "portal_unavailable", error)
    except UnknownVendorError as error:
        return _failed(run, leased, Outcome.BUSINESS_EXCEPTION, "unknown_vendor", error)
    run.progress(run.n_done + 1, run.n_failed)
    return Result(leased.id, leased.token, Outcome.SUCCESSFUL, answer)


def _failed(
    run: RunContext, leased: LeasedItem, outcome: Outcome, code: str, error: Exception
) -> Result:
    run.progress(run.n_done, run.n_failed + 1)
    run.log(str(error), "warning")
    return Result(leased.id, leased.token, outcome, code=code, message=str(error))


def _say_why(run: RunContext, hold: Hold | None) -> None:
    if hold is not None:
        run.log(_("“%(what)s” keeps the rest waiting.") % {"what": hold.what or hold.code})


def _pause_seconds(hold: Hold) -> float:
    if hold.until is None:
        return LONGEST_PAUSE_SECONDS
    left = (hold.until - database_now()).total_seconds()
    return min(LONGEST_PAUSE_SECONDS, max(0.05, left))
