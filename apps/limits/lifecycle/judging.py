"""The breaker of an application moves: it opens, is tried, closes."""

from datetime import datetime

from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.events.models import Event
from apps.lib.actors import SYSTEM, Actor
from apps.lib.clock import database_now
from apps.lib.durations import duration_in_words
from apps.lib.errors import ConflictError, NotFoundError
from apps.limits.breaker import Seen, Settings, Standing, Verdict, judge
from apps.limits.models import Application

from .recording import record, tell

State = Application.State
VERBS = {State.OPEN: "opened", State.PROBING: "probing", State.CLOSED: "closed"}


def judge_application(application_id: int, seen: Seen) -> Verdict | None:
    """Let the breaker see what tries came to; return its verdict, None if it is gone.

    Cheap while nothing changes: two reads, no lock. `seen` counts tries that ended since
    `counts_from`; probes are those that began since `probe_at`. What was counted before somebody
    moved it (`seen.since`) says nothing about how it stands now.
    """
    application = Application.objects.filter(pk=application_id).first()
    if application is None:
        return None
    if seen.since not in {None, (application.counts_from, application.probe_at)}:
        return Verdict(standing=_standing(application))
    verdict = _verdict(application, seen, database_now())
    return _move(application, seen) if verdict.is_change else verdict


def note_probing() -> int:
    """Write down that rests are over, so that history and open pages say so; return how many.

    Nothing waits for it: what reads the state looks at `probe_at` as well.
    """
    rested = Application.objects.filter(state=State.OPEN, probe_at__lte=Now())
    n = 0
    for pk in list(rested.values_list("pk", flat=True)):
        verdict = judge_application(pk, Seen())
        n += bool(verdict and verdict.is_change)
    return n


@transaction.atomic
def reset_application(application: Application, *, by: Actor) -> Application:
    """Close the breaker now; what failed so far does not count any more.

    Raises ConflictError if it is closed.
    """
    found = lock(application.pk)
    if found.state == State.CLOSED:
        raise ConflictError(_("Work of “%s” is not stopped by failures.") % found.title)
    _write(found, Standing(), reason="", by=by, data={"was": found.reason})
    return lock(found.pk)


def close_if_off(application: Application, *, by: Actor) -> None:
    """A breaker that was just switched off lets go; in the transaction of who locked the row."""
    if not application.breaker_on and application.state != State.CLOSED:
        _write(application, Standing(), reason="", by=by, data={"was": application.reason})


def lock(pk: int) -> Application:
    """Return the application as it is now, locked until the end of the transaction.

    Raises NotFoundError if it is gone.
    """
    rows = Application.objects.select_related("folder").select_for_update(of=("self",))
    found: Application | None = rows.filter(pk=pk).first()
    if found is None:
        raise NotFoundError(_("This application is gone."))
    return found


@transaction.atomic
def _move(seen_as: Application, seen: Seen) -> Verdict:
    """Judge once more under the lock: of many that fail at once, one opens the breaker."""
    found = lock(seen_as.pk)
    if _standing(found) != _standing(seen_as) or found.counts_from != seen_as.counts_from:
        # somebody else moved it: what was counted belongs to how it stood before
        return Verdict(standing=_standing(found))
    verdict = _verdict(found, seen, database_now())
    if verdict.is_change:
        reason = _reason(found, seen, verdict)
        event = _write(found, verdict.standing, reason=reason, by=SYSTEM, data={})
        _tell(found, event, verdict)
    return verdict


def _verdict(application: Application, seen: Seen, now: datetime) -> Verdict:
    settings = Settings(
        is_on=application.breaker_on,
        failure_share=application.failure_share,
        min_calls=application.min_calls,
        open_seconds=application.open_seconds,
        probes=application.probes,
    )
    return judge(_standing(application), settings, seen, now)


def _standing(application: Application) -> Standing:
    return Standing(
        state=application.state,  # type: ignore[arg-type]  # the choices are the states
        opened_at=application.opened_at,
        probe_at=application.probe_at,
        times_opened=application.times_opened,
    )


def _write(
    application: Application, standing: Standing, *, reason: str, by: Actor, data: dict[str, str]
) -> Event:
    """Write where it stands, guarded by where it stood; the row is locked."""
    values = {
        "state": standing.state,
        "opened_at": standing.opened_at,
        "probe_at": standing.probe_at,
        "times_opened": standing.times_opened,
        "reason": reason[:300],
    }
    if standing.state == "closed":
        values["counts_from"] = database_now()
    rows = Application.objects.filter(pk=application.pk, state=application.state)
    if rows.update(**values) != 1:
        message = "an application was moved by somebody else, though it was locked"
        raise AssertionError(message)
    verb = "reset" if by is not SYSTEM else VERBS[State(standing.state)]
    told = {**data, "reason": reason} if reason else data
    return record(verb, application, by, {**told, "state": standing.state})


def _reason(application: Application, seen: Seen, verdict: Verdict) -> str:
    if verdict.because == "failures":
        length = duration_in_words(application.window_seconds)
        words = {"failed": seen.n_failed, "n": seen.n, "length": length}
        return _("%(failed)d of %(n)d tries failed within %(length)s.") % words
    if verdict.because == "probe":
        n = verdict.standing.times_opened - 1
        return ngettext(
            "It failed again when it was tried after its rest.",
            "It failed again when it was tried after %(n)d rests.",
            n,
        ) % {"n": n}
    return application.reason if verdict.standing.state != "closed" else ""


def _tell(application: Application, event: Event, verdict: Verdict) -> None:
    """Tell of what opened first and of what closed: not of each failed try between."""
    standing = verdict.standing
    words = {"title": application.title}
    if standing.state == "closed" and verdict.because == "well":
        body = _("It answers again. What waited starts by itself.")
        tell(application, event, title=_("“%(title)s” works again") % words, body=body)
    elif standing.state == "open" and standing.times_opened == 1:
        rest = duration_in_words(application.open_seconds)
        body = _("%(reason)s Its work waits, no tries are lost. It is tried again in %(rest)s.")
        said = body % {"reason": str(event.data.get("reason", "")), "rest": rest}
        tell(application, event, title=_("“%(title)s” fails: its work rests") % words, body=said)
