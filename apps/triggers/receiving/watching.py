"""Looks into the watched folders of triggers: each file starts something once.

What was taken is moved or deleted after the start has been committed. Who dies in between finds it
there again, under the same occasion, and only moves it.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

import structlog
from django.conf import settings
from django.core.files import File
from django.utils.translation import gettext as _

from apps.lib.json import Json, JsonObject
from apps.triggers.lifecycle.hooking import note_seen
from apps.triggers.lifecycle.troubles import note_trouble
from apps.triggers.models import Delivery, Firing, Trigger

from . import folders
from .accepting import Incoming, Taken, accept, insist_on_readiness, record_refusal
from .attaching import attach_to_items, lacks_files
from .folders import Found, Settling
from .refusals import RefusedError
from .rules import DEFAULT_SETTLE, text, whole_number

log = structlog.get_logger("controlroom.triggers")

# Files of one trigger and one look; the others wait for the next
AT_ONCE: Final = 100
# Of files that stay where they are each must be remembered
MAX_REMEMBERED: Final = 2_000

# by trigger and rule, what this process has seen lying there
_settling: dict[tuple[int, str], Settling] = {}


def look_into_folders() -> int:
    """Take what lies in watched folders and has settled; return how many files started something.

    Any number of processes may do it at once.
    """
    rows = Trigger.objects.select_related("folder", "owner").filter(
        kind=Trigger.Kind.EVENT, status=Trigger.Status.ENABLED, rule__source="file"
    )
    total, known = 0, set()
    for trigger in rows:
        place = (trigger.pk, f"{trigger.version}")
        known.add(place)
        try:
            total += _look(trigger, _settling.setdefault(place, Settling()))
        except Exception:
            # a folder that makes trouble must not hold up the others
            log.exception("folder_not_looked_into", trigger=trigger.pk)
    for gone in _settling.keys() - known:
        del _settling[gone]
    return total


def _look(trigger: Trigger, settling: Settling) -> int:
    folder = text(trigger.rule, "folder")
    try:
        insist_on_readiness(trigger)
        with _opened(folder) as descriptor:
            note_trouble(trigger, "")
            return _take_settled(trigger, descriptor, settling)
    except RefusedError as refusal:
        if refusal.code == "no_folder" and note_trouble(trigger, refusal.message):
            event: JsonObject = {"folder": folder}
            record_refusal(trigger.pk, _incoming(event, f"folder {folder}"), refusal)
        return 0  # what lies there waits


@contextmanager
def _opened(folder: str) -> Iterator[int]:
    """Give a descriptor of the folder; RefusedError, too, where WATCHED_DIR itself fails."""
    try:
        with folders.opened_folder(Path(settings.WATCHED_DIR), folder) as found:
            yield found
    except OSError as error:
        words = {"name": folder, "why": error.strerror}
        message = _("The folder “%(name)s” can't be watched: %(why)s") % words
        raise RefusedError("no_folder", message, status=409) from None


def _take_settled(trigger: Trigger, folder: int, settling: Settling) -> int:
    seconds = whole_number(trigger.rule, "settle_seconds", DEFAULT_SETTLE)
    found = folders.listed(folder, text(trigger.rule, "pattern", "*"))
    ready = settling.settled(found, at=time.monotonic(), seconds=seconds)
    before = _remembered(trigger)
    lying = {each.name: each.mark for each in found}
    remembered: dict[str, Json] = {
        name: mark for name, mark in before.items() if lying.get(name) == mark
    }
    new = [each for each in ready if remembered.get(each.name) != each.mark][:AT_ONCE]
    n_started = 0
    for each in new:
        taken, stays = _take(trigger, folder, each)
        n_started += taken.outcome == Delivery.Outcome.ACCEPTED
        if stays and len(remembered) < MAX_REMEMBERED:
            remembered[each.name] = each.mark
        elif stays:
            log.warning("folder_holds_too_many_files", trigger=trigger.pk)
    if remembered != before:
        note_seen(trigger, {**trigger.seen, "files": remembered})
    return n_started


def _take(trigger: Trigger, folder: int, found: Found) -> tuple[Taken, bool]:
    """Start what there is to start for the file; say whether it stays, to be remembered."""
    occasion = found.occasion(text(trigger.rule, "folder"))
    known = Firing.objects.filter(trigger=trigger, occasion=occasion).first()
    if known is not None and known.outcome == Firing.Outcome.WAITING:
        return Taken(Delivery.Outcome.DUPLICATE, known), False  # it lies there until it has begun
    taken, sha256 = _read(trigger, folder, found, occasion, known)
    if taken.refusal is not None:
        is_final = taken.refusal.code != "changed" and taken.refusal.retry_after_seconds is None
        return taken, is_final
    assert taken.firing is not None  # it was accepted, or came before
    if taken.firing.outcome == Firing.Outcome.WAITING:
        return taken, False
    return taken, _put_away(trigger, folder, found, sha256, taken.firing)


def _read(
    trigger: Trigger, folder: int, found: Found, occasion: str, known: Firing | None
) -> tuple[Taken, str]:
    """Open the file and take it; return what became of it, and its digest."""
    event: JsonObject = {"name": found.name, "size": found.size}
    try:
        with folders.opened_file(folder, found) as (file, sha256):
            if known is not None:
                return _taken_before(known, File(file, found.name)), sha256
            event = _event(trigger, found, sha256)
            incoming = _incoming(event, occasion, file, found.name)
            return accept(trigger.pk, incoming), sha256
    except OSError as error:
        message = _("The file can't be read: %(why)s") % {"why": error.strerror}
        refusal = RefusedError("not_readable", message, status=409)
    except RefusedError as error:
        refusal = error
    if refusal.code != "changed":  # then it is looked at again
        record_refusal(trigger.pk, _incoming(event, occasion), refusal)
    return Taken(Delivery.Outcome.REFUSED, refusal=refusal), ""


def _taken_before(known: Firing, file: "File[bytes]") -> Taken:
    """Its start has been committed: what waited for the start before may lack its file."""
    if known.reason == Firing.Reason.WAITED and lacks_files(known):
        attach_to_items(known, [(file, "")])
    return Taken(Delivery.Outcome.DUPLICATE, known)


def _put_away(trigger: Trigger, folder: int, found: Found, sha256: str, firing: Firing) -> bool:
    """Do with the file what the rule says; say whether it stays where it is.

    What started nothing is never deleted.
    """
    then = text(trigger.rule, "then", "move")
    if then == "delete" and firing.outcome != Firing.Outcome.FIRED:
        then = "move"
    try:
        if then == "move":
            folders.move_away(folder, found, found.moved_name(sha256))
        elif then == "delete":
            folders.remove(folder, found)
    except (OSError, RefusedError) as error:
        log.warning("file_not_put_away", trigger=trigger.pk, error=str(error))
        return True
    return then == "keep"


def _event(trigger: Trigger, found: Found, sha256: str) -> JsonObject:
    """Return what is told of the file; its path is the one that it will have, below WATCHED_DIR."""
    folder, then = text(trigger.rule, "folder"), text(trigger.rule, "then", "move")
    paths: dict[str, Json] = {
        "move": f"{folder}/{folders.DONE}/{found.moved_name(sha256)}",
        "keep": f"{folder}/{found.name}",
    }
    event: dict[str, Json] = {"name": found.name, "size": found.size, "sha256": sha256}
    return {**event, "folder": folder, "path": paths.get(then, "")}


def _incoming(
    event: JsonObject, occasion: str, file: BinaryIO | None = None, name: str = ""
) -> Incoming:
    return Incoming(
        source=Delivery.Source.FILE,
        occasion=occasion,
        event=event,
        keep=None
        if file is None
        else lambda firing: attach_to_items(firing, [(File(file, name), "")]),
    )


def _remembered(trigger: Trigger) -> dict[str, Json]:
    found = trigger.seen.get("files") if isinstance(trigger.seen, dict) else None
    return dict(found) if isinstance(found, dict) else {}
