"""The emergency stop of a folder: nothing starts until a person lifts it."""

from typing import Final

from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts.models import Folder
from apps.accounts.watchers import watchers_of
from apps.events.bus import publish
from apps.events.models import Event
from apps.lib.actors import Actor
from apps.lib.doorbell import ring
from apps.lib.errors import ConflictError, FieldProblem, InvalidError
from apps.lib.json import JsonObject
from apps.limits.models import FolderStop
from apps.limits.pages import stop_page_of
from apps.notices.lifecycle import notify

from .recording import STOP_NOTICE, STOPS, TOPIC

MAX_REASON: Final = 300


@transaction.atomic
def stop_folder(
    folder: Folder, *, reason: str, by: Actor, stops_runs: bool = False
) -> tuple[FolderStop, bool]:
    """Lease, claim and fire nothing in the folder from now on; return it, and if it is new.

    `stops_runs`: what is at work is asked to stop as well; apps above, which know what that is,
    look for it. Called again it sets the reason, and may add that runs are stopped. Raises
    InvalidError without a reason.
    """
    reason = reason.replace("\x00", "").strip()
    if not reason or len(reason) > MAX_REASON:
        words = {"n": MAX_REASON}
        problem = FieldProblem("reason", _("must be said in up to %(n)d characters") % words)
        raise InvalidError(f"{problem.path}: {problem.message}.", fields=[problem])
    _lock(folder)
    known = FolderStop.objects.filter(folder=folder).first()
    if known is None:
        stop = FolderStop.objects.create(
            folder=folder, reason=reason, stops_runs=stops_runs, by=by.name[:150]
        )
        stop.refresh_from_db()
    else:
        stop = known
        stop.reason, stop.stops_runs = reason, known.stops_runs or stops_runs
        stop.by = by.name[:150]
        stop.save(update_fields=["reason", "stops_runs", "by"])
    event = _record("stopped", folder, by, {"reason": reason, "stops_runs": stops_runs})
    if known is None:
        title = _("Emergency stop in “%s”") % folder.title
        body = _("%(who)s: %(reason)s Nothing starts until somebody lifts it.")
        _tell(folder, event, by, title, body % {"who": by.name, "reason": _sentence(reason)})
    return stop, known is None


@transaction.atomic
def lift_stop(folder: Folder, *, by: Actor) -> None:
    """Let work start again from now on; ConflictError if the folder is not stopped."""
    _lock(folder)
    n, _rows = FolderStop.objects.filter(folder=folder).delete()
    if not n:
        raise ConflictError(_("There is no emergency stop in this folder."))
    event = _record("stop_lifted", folder, by, {})
    title = _("The emergency stop in “%s” is lifted") % folder.title
    body = _("%(who)s lifted it. Work starts again by itself.") % {"who": by.name}
    _tell(folder, event, by, title, body)
    ring("scheduler")


def _lock(folder: Folder) -> None:
    # waits for who is starting something and holds the folder: once this is answered, none does
    list(Folder.objects.select_for_update(no_key=True).filter(pk=folder.pk))


def _record(verb: str, folder: Folder, by: Actor, data: JsonObject) -> Event:
    return publish(
        f"folder.{verb}",
        subject=("folder", folder.pk),
        folder_id=folder.pk,
        by=by,
        data={"title": folder.title, **data},
        topics=[TOPIC, STOPS],
    )


def _tell(folder: Folder, event: Event, by: Actor, title: str, body: str) -> None:
    notify(
        watchers_of(folder.pk),
        STOP_NOTICE,
        title=title,
        body=body,
        url=stop_page_of(folder.pk),
        folder_id=folder.pk,
        subject=("folder", folder.pk),
        key=f"{STOP_NOTICE}:{event.id}",
        by=by,
    )


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."
