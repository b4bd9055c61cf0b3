"""What people ask for: start, cancel, retry the failed ones, take back."""

from dataclasses import dataclass
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.accounts.models import Folder
from apps.events import bus
from apps.lib.actors import Actor
from apps.lib.clock import database_now
from apps.lib.errors import ConflictError, FieldProblem, InvalidError
from apps.lib.json import JsonObject
from apps.operations import kinds
from apps.operations.exceptions import NothingToDoError, NumberNotConfirmedError, TooManyError
from apps.operations.kinds import Bound, Kind
from apps.operations.models import Operation

from .recording import record

# More than that is asked for in parts
MAX_TARGETS = 1_000_000
MAX_REASON = 300
MAX_NAME = 150
MAX_ABOUT = 300


@dataclass(frozen=True, slots=True)
class Measured:
    """What an operation would be about, as it stands now."""

    wanted: JsonObject  # the filter in the form that is stored
    about: str
    bound: Bound
    total: int


def measure(kind: Kind, folder: Folder, wanted: JsonObject) -> Measured:
    """Return how many targets the filter has. Raises InvalidError for a filter that says nothing,
    TooManyError beyond MAX_TARGETS."""
    folders = [folder.pk]
    wanted = kind.read(folders, wanted)
    bound = Bound(database_now(), kind.newest())
    found = kind.choose(folders, wanted, bound)
    total = found.order_by()[: MAX_TARGETS + 1].count()
    if total > MAX_TARGETS:
        message = _("These are more than %(n)d. Narrow the filter and do it in parts.")
        raise TooManyError(message % {"n": MAX_TARGETS})
    return Measured(wanted, kind.about(wanted)[:MAX_ABOUT], bound, total)


@transaction.atomic
def start(  # noqa: PLR0913 - the interface of all that act on many
    kind: str,
    folder: Folder,
    filter: JsonObject,  # noqa: A002 - the word that everybody uses for it
    arguments: JsonObject,
    actor: Actor,
    typed_number: int | None = None,
    *,
    reason: str = "",
    request_key: UUID | None = None,
) -> Operation:
    """Have the worker do `kind` to all that `filter` finds in the folder now, and to nothing else.

    The caller has seen to the right that the kind takes. More than `kind.confirm_above` targets
    need `typed_number`: the most that may be touched; NumberNotConfirmedError says how many there
    are. With a `request_key` that was used before, the operation of then is returned. Raises
    NothingToDoError, or InvalidError by field.
    """
    known = _known(request_key, folder, kind)
    if known is not None:
        return known
    found = kinds.get(kind)
    cleaned = found.check(arguments)
    reason = _reason(found, reason)
    measured = measure(found, folder, filter)
    _confirm(found, measured.total, typed_number)
    return _begin(
        Operation(
            folder=folder,
            kind=found.key,
            about=measured.about,
            reason=reason,
            filter=measured.wanted,
            bound=measured.bound.id,
            asked_at=measured.bound.at,
            arguments=cleaned,
            request_key=request_key,
        ),
        actor,
    )


@transaction.atomic
def cancel(operation: Operation, *, by: Actor) -> Operation:
    """Stop it: once this returns it touches nothing more. Waits for the chunk under way.

    Raises ConflictError if it is over already.
    """
    locked = _locked(operation)
    if locked.is_over:
        words = {"status": locked.get_status_display()}
        raise ConflictError(_("It is over already: %(status)s.") % words)
    locked.status, locked.ended_at = Operation.Status.CANCELLED, Now()
    locked.token = locked.held_until = None
    locked.save(update_fields=["status", "ended_at", "token", "held_until"])
    locked.refresh_from_db()
    record("cancelled", locked, by=by)
    return locked


@transaction.atomic
def retry_failed(operation: Operation, *, by: Actor) -> Operation:
    """Start it again for the targets that failed. Raises ConflictError while it runs."""
    origin = _locked(operation)
    _insist_on_end(origin)
    if not origin.failed:
        raise NothingToDoError(_("None of it failed."))
    again = _like(origin, origin.kind, reason=origin.reason)
    again.retry_of = origin
    return _begin(again, by)


@transaction.atomic
def undo(operation: Operation, *, by: Actor) -> Operation:
    """Take back what it did, where that has not moved on. Raises ConflictError if it can't be."""
    origin = _locked(operation)
    _insist_on_end(origin)
    kind = kinds.get(origin.kind)
    if kind.undo is None:
        raise ConflictError(_("This can't be taken back."))
    if not origin.done:
        raise NothingToDoError(_("Nothing was done that could be taken back."))
    back = _like(origin, kind.undo, reason="")
    back.undo_of = origin
    try:
        with transaction.atomic():
            return _begin(back, by)
    except IntegrityError:
        raise ConflictError(_("It has been taken back already.")) from None


def _like(origin: Operation, kind: str, *, reason: str) -> Operation:
    return Operation(
        folder=origin.folder,
        kind=kind,
        about=origin.about,
        reason=reason,
        filter=origin.filter,
        bound=origin.bound,
        arguments=origin.arguments,
    )


def _begin(operation: Operation, by: Actor) -> Operation:
    operation.actor_id, operation.actor_kind = by.user_id, by.kind
    operation.actor_name = by.name[:MAX_NAME]
    operation.save(force_insert=True)
    operation.refresh_from_db()
    record("started", operation, by=by)
    # the worker looks each second by itself; this wakes it
    bus.ring()
    return operation


def _known(key: UUID | None, folder: Folder, kind: str) -> Operation | None:
    if key is None:
        return None
    found: Operation | None = Operation.objects.filter(request_key=key).first()
    if found is not None and (found.folder_id, found.kind) != (folder.pk, kind):
        raise ConflictError(_("This key was used for another operation."))
    return found


def _reason(kind: Kind, reason: str) -> str:
    reason = reason.replace("\x00", "").strip()
    problem = ""
    if kind.needs_reason and not reason:
        problem = _("say why; it stays in the history")
    elif len(reason) > MAX_REASON:
        problem = _("must have at most %(n)d characters") % {"n": MAX_REASON}
    if problem:
        raise InvalidError(f"reason: {problem}.", fields=[FieldProblem("reason", problem)])
    return reason


def _confirm(kind: Kind, total: int, typed_number: int | None) -> None:
    if not total:
        raise NothingToDoError(_("Nothing fits the filter (any more)."))
    if total <= kind.confirm_above or (typed_number is not None and typed_number >= total):
        return
    message = ngettext(
        "This is about %(n)d. Type this number to confirm it.",
        "These are %(n)d. Type this number to confirm it.",
        total,
    ) % {"n": total}
    raise NumberNotConfirmedError(
        message, total=total, fields=[FieldProblem("typed_number", message)]
    )


def _locked(operation: Operation) -> Operation:
    found: Operation = (
        Operation.objects.select_for_update(of=("self",))
        .select_related("folder")
        .get(pk=operation.pk)
    )
    return found


def _insist_on_end(operation: Operation) -> None:
    if not operation.is_over:
        raise ConflictError(_("It still runs. Wait for its end, or cancel it first."))
