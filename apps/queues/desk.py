"""What an automation's ItemContext asks of the queue while it works an item."""

from collections.abc import Mapping, Sequence
from time import monotonic
from typing import IO

from django.utils.translation import gettext as _

from apps.bots.asking import Answer
from apps.bots.contexts import Beat, Effect, ItemContext, ItemFileLike, Level
from apps.bots.exceptions import ApplicationException
from apps.lib.json import Json, JsonObject
from apps.lib.secrecy import masked_json

from .guard import Guard
from .lifecycle import LeaseLostError, begin_effect, end_effect, forget_effect, record_progress
from .models import ItemAnswer, ItemFile

# Progress of one item is stored at most that often
PROGRESS_SECONDS = 0.25


class EffectUnknown(ApplicationException):
    """Nobody knows whether an act of an earlier try happened; a person is asked."""


class StoredFile:
    """A document of an item; read it with `open()`."""

    def __init__(self, row: ItemFile) -> None:
        self._row = row
        self.name: str = row.name
        self.content_type: str = row.content_type
        self.size: int = row.size

    def open(self) -> IO[bytes]:
        opened: IO[bytes] = self._row.file.storage.open(str(self._row.file.name), "rb")
        return opened


class SessionDesk:
    """Implements contexts.Desk for the items of one session."""

    def __init__(self, queue_key: str, beat: Beat, guard: Guard) -> None:
        self.queue_key = queue_key
        self.run_id = beat.run_id
        self._beat, self._guard = beat, guard
        self._progress_at = 0.0
        self._progress_of = 0

    def files_of(self, item_id: int) -> Sequence[ItemFileLike]:
        return [StoredFile(row) for row in ItemFile.objects.filter(item_id=item_id).order_by("pk")]

    def log(self, item: ItemContext, message: str, level: Level, fields: JsonObject) -> None:
        self._beat.log(message, level, item_id=item.id, attempt=item.attempt, fields=fields)

    def progress(self, item: ItemContext, value: Json) -> None:
        if self._progress_of == item.id and monotonic() - self._progress_at < PROGRESS_SECONDS:
            return
        self._progress_of, self._progress_at = item.id, monotonic()
        self._guard.session.tell_progress()
        try:
            record_progress(item.id, self._guard.token_of(item.id), progress=masked_json(value))
        except LeaseLostError:
            self._guard.note_lost(item.id)

    def begin_effect(self, item: ItemContext, key: str) -> Effect:
        answer = begin_effect(item.id, self._guard.token_of(item.id), key)
        if answer.state == "unknown":
            raise EffectUnknown(
                _("An earlier try was cut off in “%(key)s”: nobody knows whether it happened.")
                % {"key": key},
                code="effect_unknown",
            )
        return Effect(key, is_new=answer.state == "new", reference=answer.reference)

    def end_effect(self, item: ItemContext, key: str, reference: str) -> None:
        end_effect(item.id, self._guard.token_of(item.id), key, reference)

    def forget_effect(self, item: ItemContext, key: str) -> None:
        forget_effect(item.id, self._guard.token_of(item.id), key)

    def answers_of(self, item_id: int) -> Mapping[str, Answer]:
        return {
            each.key: Answer(
                decision=each.decision,
                values=each.values,
                by=each.answered_by,
                comment=each.comment,
                at=each.answered_at,
            )
            for each in ItemAnswer.objects.filter(item_id=item_id).order_by("pk")
        }

    def should_stop(self, item: ItemContext) -> bool:
        return self._beat.should_stop() or self._guard.is_lost(item.id)
