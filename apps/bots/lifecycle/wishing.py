"""What people want of runs at work: to end, or to be ended."""

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Coalesce, Now
from django.utils.translation import gettext as _

from apps.bots.exceptions import RunEndedError
from apps.bots.models import Run
from apps.events import live
from apps.lib.actors import Actor

from .recording import end, nudge, publish


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
            end(
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
        publish(kind, run, by, {"reason": reason, "before": str(run.status)})
        run.refresh_from_db()
    nudge(run)
    return run


def ask_all(held: QuerySet[Run], *, by: str, kill: bool = False) -> list[int]:
    """Ask these runs to end, in the caller's transaction; return which were not asked before."""
    mark = "kill_requested_at" if kill else "stop_requested_at"
    asked = held.filter(status__in=Run.HELD, **{mark: None})
    ids = list(asked.select_for_update(of=("self",)).values_list("pk", flat=True))
    if not ids:
        # asked each second as long as a folder is stopped: pages need not draw for that
        return []
    changes = {each: Coalesce(each, Now()) for each in {mark, "stop_requested_at"}}
    Run.objects.filter(pk__in=ids, status__in=Run.HELD).update(
        status=Run.Status.STOPPING, stop_requested_by=by[:150], **changes
    )
    live.nudge("bots", "overview", *(f"run:{pk}" for pk in ids))
    return ids
