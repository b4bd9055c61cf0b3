"""What people do with groups: see to one, leave it alone for a while, call it resolved."""

from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.accounts.permissions import Action, can
from apps.failures.models import FailureGroup
from apps.failures.pages import page_of
from apps.lib.actors import Actor
from apps.lib.clock import database_now
from apps.lib.errors import ConflictError, FieldProblem, InvalidError, NotFoundError
from apps.lib.json import JsonObject
from apps.notices.lifecycle import notify

from .recording import SYSTEM, nudge, record

Status = FailureGroup.Status
MAX_NOTE: Final = 300
MAX_URL: Final = 500
LONGEST_MUTE: Final = timedelta(days=366)
NOTICE: Final = "failures"


@transaction.atomic
def assign_group(group_id: int, owner: User | None, *, by: Actor) -> FailureGroup:
    """Have `owner` see to it, None: nobody in particular. Tells the owner, if another person did.

    A muted or resolved group stays so. Raises InvalidError if the owner may not see it.
    """
    group = lock(group_id)
    if owner is not None and not can(owner, Action.VIEW, group.folder_id):
        raise _invalid("owner", _("is nobody who may look into this folder"))
    was = group.owner
    if was == owner:
        return group
    group.owner = owner
    if group.status in FailureGroup.OPEN:
        group.status = Status.ASSIGNED if owner else Status.NEW
    data: JsonObject = {"owner": owner.name if owner else "", "was": was.name if was else ""}
    _write(group, "assigned" if owner else "unassigned", by, data)
    if owner is not None and owner.pk != by.user_id:
        _tell(group, owner, by)
    return group


@transaction.atomic
def mute_group(group_id: int, until: datetime, *, by: Actor, note: str = "") -> FailureGroup:
    """Leave it alone until then, though it goes on; it is counted all the same.

    Raises InvalidError for a time that has passed or is more than a year away.
    """
    group, now = lock(group_id), database_now()
    if until <= now:
        raise _invalid("until", _("is a time that has passed"))
    if until > now + LONGEST_MUTE:
        raise _invalid("until", _("is more than a year away"))
    group.status, group.muted_until, group.note = Status.MUTED, until, _checked_note(note)
    return _write(group, "muted", by, {"until": until.isoformat(), "note": group.note})


@transaction.atomic
def unmute_group(group_id: int, *, by: Actor) -> FailureGroup:
    """Show it among the open ones again. Raises ConflictError if it is not muted."""
    group = lock(group_id)
    if group.status != Status.MUTED:
        raise ConflictError(_("This failure is not muted."))
    return _unmute(group, by)


def wake_muted() -> int:
    """Show those again whose mute is over; return how many."""
    due = FailureGroup.objects.filter(status=Status.MUTED, muted_until__lte=Now())
    return sum(_wake(pk) for pk in list(due.values_list("pk", flat=True)[:1_000]))


@transaction.atomic
def _wake(pk: int) -> bool:
    group = lock(pk)
    is_due = group.muted_until is not None and group.muted_until <= database_now()
    if is_due:
        _unmute(group, SYSTEM)
    return is_due


@transaction.atomic
def resolve_group(group_id: int, *, by: Actor, note: str = "") -> FailureGroup:
    """Call it mended: it is out of the way until it happens again. Done twice, it is done once."""
    group = lock(group_id)
    if group.status == Status.RESOLVED:
        return group
    group.status, group.muted_until, group.note = Status.RESOLVED, None, _checked_note(note)
    group.resolved_at = database_now()
    return _write(group, "resolved", by, {"note": group.note})


@transaction.atomic
def reopen_group(group_id: int, *, by: Actor) -> FailureGroup:
    """Take it up again, though it has not happened again. Raises ConflictError if it is open."""
    group = lock(group_id)
    if group.status != Status.RESOLVED:
        raise ConflictError(_("This failure is not resolved."))
    group.status = Status.ASSIGNED if group.owner_id else Status.NEW
    return _write(group, "reopened", by, {})


@transaction.atomic
def set_runbook(group_id: int, url: str, *, by: Actor) -> FailureGroup:
    """Say where it is written what to do about it; "" takes that away."""
    group, url = lock(group_id), url.strip()
    if url and not _is_page(url):
        raise _invalid("runbook_url", _("must be an address that begins with https:// or http://"))
    if group.runbook_url == url:
        return group
    was, group.runbook_url = group.runbook_url, url
    return _write(group, "runbook", by, {"url": url, "was": was})


def lock(pk: int) -> FailureGroup:
    """Return the group as it is now, locked until the end of the transaction.

    Raises NotFoundError if it is gone.
    """
    rows = FailureGroup.objects.select_related("owner").select_for_update(of=("self",))
    found: FailureGroup | None = rows.filter(pk=pk).first()
    if found is None:
        raise NotFoundError(_("This failure is gone."))
    return found


def _unmute(group: FailureGroup, by: Actor) -> FailureGroup:
    group.status = Status.ASSIGNED if group.owner_id else Status.NEW
    group.muted_until = None
    return _write(group, "unmuted", by, {})


def _write(group: FailureGroup, verb: str, by: Actor, data: JsonObject) -> FailureGroup:
    """Save what verbs change; the row is locked. Counts are others' business."""
    names = ("status", "owner", "muted_until", "resolved_at", "note", "runbook_url")
    group.save(update_fields=names)
    record(verb, group, by, data)
    nudge([group.pk])
    return group


def _tell(group: FailureGroup, owner: User, by: Actor) -> None:
    notify(
        [owner.pk],
        NOTICE,
        title=_("A failure is yours: %s") % str(group)[:150],
        body=_("%(who)s asks you to see to it. It happened %(n)d times so far.")
        % {"who": by.name, "n": group.count},
        url=page_of(group.pk),
        folder_id=group.folder_id,
        subject=("failure_group", group.pk),
        key=f"{NOTICE}:{group.pk}:{owner.pk}:{database_now().isoformat()}",
    )


def _checked_note(note: str) -> str:
    note = note.replace("\x00", "").strip()
    if len(note) > MAX_NOTE:
        raise _invalid("note", _("must have at most %(n)d characters") % {"n": MAX_NOTE})
    return note


def _is_page(url: str) -> bool:
    if len(url) > MAX_URL or any(each.isspace() or not each.isprintable() for each in url):
        return False
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)


def _invalid(field: str, problem: str) -> InvalidError:
    return InvalidError(f"{field}: {problem}.", fields=[FieldProblem(field, problem)])
