"""Notes from one shift to the next: written, corrected (every version is kept), taken over."""

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from apps.accounts.models import Folder
from apps.dashboard.models import MAX_NOTE, HandOver, HandOverVersion
from apps.events.bus import publish
from apps.lib.actors import Actor
from apps.lib.errors import ConflictError, FieldProblem, InvalidError
from apps.lib.json import JsonObject

MAX_AUDIENCE = 120
TOPIC = "hand-overs"


def write_hand_over(
    folder: Folder, *, text: str, audience: str, figures: JsonObject, by: Actor
) -> HandOver:
    """Leave a note for the next shift. Raises InvalidError naming what does not fit."""
    text, audience = _checked(text, audience)
    with transaction.atomic():
        note = HandOver.objects.create(
            folder=folder,
            text=text,
            audience=audience,
            figures=figures,
            by_id=by.user_id,
            by_name=by.name[:150],
        )
        _keep_version(note, by)
        _record("hand_over.written", note, by)
    note.refresh_from_db()
    return note


def change_hand_over(
    note: HandOver, *, text: str, audience: str, version: int, by: Actor
) -> HandOver:
    """Say it differently; what it said before is kept.

    Raises ConflictError when somebody changed it since `version`, InvalidError naming the field.
    """
    text, audience = _checked(text, audience)
    if (text, audience) == (note.text, note.audience) and version == note.version:
        return note
    with transaction.atomic():
        as_seen = HandOver.objects.filter(pk=note.pk, version=version)
        if not as_seen.update(
            text=text, audience=audience, version=F("version") + 1, edited_at=Now()
        ):
            raise ConflictError(
                _("Somebody changed this note meanwhile. Look at what it says now, then try again.")
            )
        note.refresh_from_db()
        _keep_version(note, by)
        _record("hand_over.changed", note, by)
    return note


def take_over(note: HandOver, *, by: Actor) -> HandOver:
    """Say that one has read it and goes on from there. Raises ConflictError if somebody did."""
    with transaction.atomic():
        free = HandOver.objects.filter(pk=note.pk, taken_at=None)
        if not free.update(taken_by_id=by.user_id, taken_by_name=by.name[:150], taken_at=Now()):
            note.refresh_from_db()
            raise ConflictError(_("%(who)s took over before.") % {"who": note.taken_by_name})
        note.refresh_from_db()
        _record("hand_over.taken", note, by)
    return note


def _checked(text: str, audience: str) -> tuple[str, str]:
    text, audience = text.strip(), audience.strip()
    problems = []
    if not text:
        problems.append(FieldProblem("text", _("is missing")))
    for name, said, limit in (("text", text, MAX_NOTE), ("audience", audience, MAX_AUDIENCE)):
        if len(said) > limit:
            problems.append(FieldProblem(name, _("is longer than %(n)d characters") % {"n": limit}))
        if "\x00" in said:
            problems.append(FieldProblem(name, _("holds a character that can't be stored")))
    if problems:
        raise InvalidError(
            "; ".join(f"{each.path}: {each.message}" for each in problems), fields=problems
        )
    return text, audience


def _keep_version(note: HandOver, by: Actor) -> None:
    HandOverVersion.objects.create(
        hand_over=note,
        number=note.version,
        text=note.text,
        audience=note.audience,
        by_name=by.name[:150],
    )


def _record(kind: str, note: HandOver, by: Actor) -> None:
    publish(
        kind,
        subject=("hand_over", note.pk),
        folder_id=note.folder_id,
        by=by,
        data={"audience": note.audience, "version": note.version},
        topics=[TOPIC],
    )
