"""What a person typed and has not sent, kept by task and person."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from apps.inbox.models import Draft, UserTask
from apps.lib.actors import Actor
from apps.lib.errors import TooLargeError
from apps.lib.json import JsonObject, check_json

MAX_DRAFT_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class SavedDraft:
    """What was kept: `mark` tells it from what comes later.

    `has_more`: the person typed something elsewhere that the sender of this does not show.
    """

    mark: str = ""
    has_more: bool = False


def save_draft(
    task: UserTask, values: Mapping[str, list[str]], *, by: Actor, base: str | None = None
) -> SavedDraft:
    """Keep `values`, {name of the control: [texts]}; nothing for a task that is closed.

    `base` is the mark of the draft that the sender knew (None: whatever there is). Was another one
    kept meanwhile, from another window, what only that one says stays; where both say something,
    this one, the latest, counts. Raises TooLargeError, and MalformedError for text that can't be
    stored.
    """
    if len(json.dumps(values)) > MAX_DRAFT_BYTES:
        raise TooLargeError(_("This is too much to be kept as a draft."))
    check_json(dict(values))
    if by.user_id is None or not UserTask.objects.open().filter(pk=task.pk).exists():
        return SavedDraft()
    with transaction.atomic():
        other = _other_draft(task, by.user_id, base)
        kept = {**other, **values}
        Draft.objects.update_or_create(
            task_id=task.pk, user_id=by.user_id, defaults={"values": kept, "saved_at": Now()}
        )
    has_more = any(values.get(name) != texts for name, texts in other.items())
    return SavedDraft(draft_mark(task, by.user_id), has_more)


def _other_draft(task: UserTask, user_id: int, base: str | None) -> JsonObject:
    """Return what was typed in another window since `base`, {} if nothing was."""
    if base is None:
        return {}
    mine = Draft.objects.select_for_update().filter(task_id=task.pk, user_id=user_id).first()
    return mine.values if mine is not None and mine.saved_at.isoformat() != base else {}


def keep_draft(task: UserTask, values: JsonObject, *, by: Actor) -> None:
    """Lay back what a person had sent, as their draft; also for a task that may open again."""
    if by.user_id is None:
        return
    Draft.objects.update_or_create(
        task_id=task.pk, user_id=by.user_id, defaults={"values": values, "saved_at": Now()}
    )


def draft_of(task: UserTask, user_id: int) -> JsonObject:
    """Return what that person typed, {} if nothing."""
    draft = Draft.objects.filter(task_id=task.pk, user_id=user_id).first()
    return draft.values if draft else {}


def draft_mark(task: UserTask, user_id: int) -> str:
    """Return what tells one state of the draft from the next; "" without a draft."""
    saved_at = Draft.objects.filter(task_id=task.pk, user_id=user_id).values_list("saved_at")
    return saved_at[0][0].isoformat() if saved_at else ""


def drop_draft(task: UserTask, *, by: Actor) -> None:
    if by.user_id is not None:
        Draft.objects.filter(task_id=task.pk, user_id=by.user_id).delete()
