"""What an automation gets in hand: the item (or the run) and what it may ask and tell."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import IO, Any, Literal, Protocol, TypeAlias, TypeVar

from apps.lib.json import Json, JsonObject

from .asking import Answer, AskPerson, Readings, region_of
from .kept import ReadsAssets

Value = TypeVar("Value")
Level: TypeAlias = Literal["debug", "info", "warning", "error"]


class Beat(Protocol):
    """The line between a run and its slot; executors and contexts talk through it."""

    run_id: int
    pool_id: int
    bot_name: str

    def should_stop(self) -> bool:
        """Return whether somebody wants the run to end. Costs next to nothing."""

    def start_unit(self, unit_id: int) -> None:
        """Say which item is in hand, so that its neighbours do not share its fate."""

    def log(
        self,
        message: str,
        level: Level = "info",
        *,
        item_id: int | None = None,
        attempt: int = 0,
        fields: JsonObject | None = None,
    ) -> None: ...

    def progress(self, n_successful: int, n_failed: int) -> None:
        """Store how far the run got; the totals, not the differences."""

    def give_up(self, reason: str) -> None:
        """End the run as failed, and this process with it; does not return."""


class ItemFileLike(Protocol):
    """A document of an item, as the automation sees it."""

    @property
    def name(self) -> str: ...

    @property
    def content_type(self) -> str: ...

    @property
    def size(self) -> int: ...

    def open(self) -> IO[bytes]: ...


class Desk(Protocol):
    """What the queue knows about an item; given by apps.queues, which bots do not import."""

    queue_key: str
    run_id: int

    def files_of(self, item_id: int) -> Sequence[ItemFileLike]: ...

    def log(self, item: "ItemContext", message: str, level: Level, fields: JsonObject) -> None: ...

    def progress(self, item: "ItemContext", value: Json) -> None: ...

    def begin_effect(self, item: "ItemContext", key: str) -> "Effect": ...

    def end_effect(self, item: "ItemContext", key: str, reference: str) -> None: ...

    def forget_effect(self, item: "ItemContext", key: str) -> None: ...

    def answers_of(self, item_id: int) -> Mapping[str, Answer]: ...

    def should_stop(self, item: "ItemContext") -> bool: ...


class Effect:
    """An act in the outside world that must happen once. True when it is ours to do now."""

    __slots__ = ("is_new", "key", "reference")

    def __init__(self, key: str, *, is_new: bool, reference: str = "") -> None:
        self.key = key
        self.is_new = is_new
        # what the outside world calls it: set it after acting; filled when done by an earlier try
        self.reference = reference

    def __bool__(self) -> bool:
        return self.is_new


class ItemContext(ReadsAssets):
    """One item in the hands of an item automation."""

    __slots__ = ("_desk", "_readings", "attempt", "id", "payload", "reference")

    def __init__(
        self, desk: Desk, item_id: int, reference: str, payload: JsonObject, attempt: int
    ) -> None:
        self._desk = desk
        self._readings: Readings | None = None
        self.id = item_id
        self.reference = reference
        self.payload: dict[str, Any] = payload
        self.attempt = attempt

    @property
    def queue_key(self) -> str:
        return self._desk.queue_key

    @property
    def files(self) -> Sequence[ItemFileLike]:
        """The documents of the item; one query."""
        return self._desk.files_of(self.id)

    @property
    def should_stop(self) -> bool:
        """Whether to give up soon: the run is asked to stop, or the item is no longer ours."""
        return self._desk.should_stop(self)

    def log(self, message: str, level: Level = "info", **fields: Json) -> None:
        """Add a line to the log of the run and of the item; stored within about a second.

        `fields` are details that programs can read, and that the search finds: `vendor="Acme"`.
        """
        self._desk.log(self, message, level, fields)

    def progress(self, value: Json) -> None:
        """Show how far the work on this item is, as a number or any JSON. One statement."""
        self._desk.progress(self, value)

    def begin_effect(self, key: str) -> Effect:
        """Write down, durably, that the act `key` is about to be done. See `effect`."""
        return self._desk.begin_effect(self, key)

    def end_effect(self, key: str, reference: str = "") -> None:
        """Write down, durably, that the act `key` was done."""
        self._desk.end_effect(self, key, reference)

    @contextmanager
    def effect(
        self, key: str, *, not_done_on: tuple[type[Exception], ...] = ()
    ) -> Iterator[Effect]:
        """Bracket an act that cannot be undone, so that it happens once over all tries:

            with item.effect("post", not_done_on=(ErpRefused,)) as act:
                if act:
                    act.reference = erp.post(...)

        False when an earlier try has done it (`act.reference` is what it noted). When an earlier
        try was cut off in between, nobody knows: the item goes to a person and this does not
        return. An exception inside leaves it unknown, too, unless it is one of `not_done_on`:
        those prove that nothing happened, and the next try may act.
        """
        effect = self.begin_effect(key)
        try:
            yield effect
        except not_done_on:
            if effect.is_new:
                self._desk.forget_effect(self, key)
            raise
        if effect.is_new:
            self.end_effect(key, effect.reference)

    def predict(  # noqa: PLR0913 - one for each thing that can be known of a reading
        self,
        field: str,
        value: Value,
        *,
        confidence: float,
        source: str = "",
        page: int | None = None,
        box: Sequence[float] | None = None,
        file: str = "",
        model: str = "",
        model_version: str = "",
        prompt: str = "",
        document_class: str = "",
    ) -> Value:
        """Say that a model read `value` for `field`, and how sure it was; return the value.

        `field` is a dotted path in the output (`total`, `lines.0.cost_centre`), `confidence` from
        0 to 1, as honest as the model knows. `source` is for people (“Invoice, line 14”); `file`,
        `page` and `box` (left, top, right, bottom as shares of the page) say where it stands. All
        of it is handed in with the result, if the try goes well; then the gate of the queue or
        the step decides whether a person looks at it first. Raises ValueError for a confidence
        that is none.
        """
        if self._readings is None:
            self._readings = Readings()
        more: dict[str, Json] = {
            "source": source,
            "region": region_of(file, page, box),
            "model": model,
            "model_version": model_version,
            "prompt": prompt,
            "document_class": document_class,
        }
        self._readings.add(field, value, confidence, more)  # type: ignore[arg-type]
        return value

    @property
    def predictions(self) -> JsonObject | None:
        """What was said with `predict` so far, as it is handed in; None for nothing."""
        return None if self._readings is None else self._readings.handed_in()

    @property
    def answers(self) -> Mapping[str, Answer]:
        """What people have answered about this item so far, by key; one query."""
        return self._desk.answers_of(self.id)

    def ask(  # noqa: PLR0913 - one for each part of a question
        self,
        key: str,
        *,
        title: str,
        text: str = "",
        form: JsonObject | None = None,
        values: JsonObject | None = None,
        decisions: Sequence[Mapping[str, Any]] = (),
        offered_to: Sequence[str] = (),
        due_seconds: float | None = None,
    ) -> Answer:
        """Return what a person answered to the question `key`; ask it if nobody has yet.

        Asking ends this try (AskPerson is raised; don't catch it): the item waits for the answer
        in the inbox, then it comes back, and this call returns the answer. So ask before acts that
        cannot be undone, or inside none of them. `form` is a JSON Schema, `values` what it starts
        with; `decisions` are the buttons ({"key", "title"}; none: “Answer”); `offered_to` names
        who may answer (keys of teams, roles, user names; nobody: whoever may decide).
        """
        answer = self.answers.get(key)
        if answer is not None:
            return answer
        raise AskPerson(
            {
                "key": key,
                "title": title,
                "text": text,
                "form": form or {},
                "values": values or {},
                "decisions": [dict(each) for each in decisions],
                "offered_to": list(offered_to),
                "due_seconds": due_seconds,
            }
        )

    def _asked_by(self) -> tuple[int, int | None]:
        return self._desk.run_id, self.id


class RunContext(ReadsAssets):
    """What a run automation gets in hand."""

    __slots__ = ("_beat", "id", "input", "n_done", "n_failed")

    def __init__(self, beat: Beat, run_id: int, run_input: JsonObject) -> None:
        self._beat = beat
        self.id = run_id
        self.input: dict[str, Any] = run_input
        self.n_done = 0
        self.n_failed = 0

    @property
    def should_stop(self) -> bool:
        """Whether the run is asked to stop; end soon and return."""
        return self._beat.should_stop()

    def log(self, message: str, level: Level = "info", **fields: Json) -> None:
        """Add a line to the log; `fields` are details that programs can read."""
        self._beat.log(message, level, fields=fields)

    def progress(self, n_done: int, n_failed: int = 0) -> None:
        """Show how far the run got, and that it is not hung."""
        self.n_done, self.n_failed = n_done, n_failed
        self._beat.progress(n_done, n_failed)

    def _asked_by(self) -> tuple[int, int | None]:
        return self.id, None
