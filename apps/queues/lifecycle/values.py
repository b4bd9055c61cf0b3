"""What goes into the lifecycle and comes out of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

from apps.lib.errors import FieldProblem
from apps.lib.json import Json, JsonObject
from apps.queues.models import Attempt

DEFAULT_PRIORITY = 50


@dataclass(frozen=True, slots=True)
class OwnerPolicy:
    """What becomes of failures of an owned item, instead of what its queue says.

    `rules` have the form of a queue's error rules (apps.queues.engine.rules). Where none matches, a
    system problem is tried again until `max_attempts`, then the item fails; a data problem fails
    it. A person is asked only by a rule, or when nobody knows whether an act happened. None: as the
    queue has it.
    """

    rules: list[JsonObject] = field(default_factory=list)
    max_attempts: int | None = None
    backoff: Literal["fixed", "exponential"] | None = None
    delay_seconds: float | None = None
    gate: str = ""  # key of the gate that holds instead of the queue's


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose work an item is: an instance `id`, its `token`, and which of the token's items."""

    id: int
    token: int
    index: int | None = None
    policy: OwnerPolicy | None = None


@dataclass(frozen=True, slots=True)
class NewItem:
    """An item to be added; or what a known one becomes, where the queue updates those.

    `given` names what an update sets, None: all of it. `is_partial`: the data is laid over what the
    item has, instead of taking its place; it is checked as it comes out.
    """

    payload: JsonObject
    reference: str = ""
    priority: int = DEFAULT_PRIORITY
    available_at: datetime | None = None
    due_at: datetime | None = None
    expires_at: datetime | None = None
    owner: Owner | None = None
    given: frozenset[str] | None = None
    is_partial: bool = False


@dataclass(frozen=True, slots=True)
class Rejected:
    """Why the item at `index` of a batch was not added; paths are relative to the item."""

    index: int
    error: str
    fields: list[FieldProblem] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Added:
    """`ids` of what was taken, in order; those of `known` and `updated` had been there before."""

    ids: list[int]
    rejected: list[Rejected] = field(default_factory=list)
    known: frozenset[int] = frozenset()
    updated: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class AddedOwned:
    """One id for each item that was given, in order; None for those that were rejected."""

    ids: list[int | None]
    rejected: list[Rejected] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class LeasedItem:
    """An item in somebody's hands until `expires_at`.

    `is_alone`: it was lost before, or nothing else was there; nothing was leased beside it. Work an
    item that was lost before with nothing else in hand, so that it can't take neighbours along.
    """

    id: int
    reference: str
    payload: JsonObject
    attempt: int
    token: UUID
    expires_at: datetime
    is_alone: bool = False


@dataclass(frozen=True, slots=True)
class Result:
    """How a try ended. `available_at` counts for what is given back, or is to be retried then."""

    id: int
    token: UUID
    outcome: Attempt.Outcome
    output: Json = None
    code: str = ""
    message: str = ""
    error_class: str = ""
    detail: str = ""
    available_at: datetime | None = None
    # what a model read, see engine.gates.parse_readings; only with what went well
    predictions: JsonObject | None = None
    # what a person is to be asked, see queues.questions; only with the outcome asked
    question: JsonObject | None = None


HoldCode = Literal[
    "queue_paused",  # by a person or an error rule
    "stopped",  # the emergency stop of the folder
    "freeze",
    "application_held",  # by a person
    "breaker",  # the application fails, and rests or is being tried
    "limit",  # all seats are taken
    "rate",  # no more starts for now
    "capability",  # the bot can't do what the queue asks for
]


@dataclass(frozen=True, slots=True)
class Hold:
    """Why nothing is leased from a queue though there may be items.

    `what` is called so (a freeze, an application, a limit, what a bot lacks), `reason` is what
    people said, `until` when it ends if that is known, `size` how much the limit allows.
    """

    code: HoldCode
    what: str = ""
    reason: str = ""
    until: datetime | None = None
    size: int | None = None

    @property
    def is_for_all(self) -> bool:
        """Whether nothing of the queue should be begun now, also of what was leased before."""
        return self.code not in ("limit", "rate", "capability")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Up to `n` items of the queue, for `bot`; `lease_seconds` None: what the queue says.

    `capabilities`: what the bot says it can do, beside what is known of it. `is_ahead`: it works
    one item after the other, so where seats are limited it gets one at a time.
    """

    queue_id: int
    n: int
    bot: str
    run_id: int | None = None
    lease_seconds: int | None = None
    capabilities: Sequence[str] = ()
    is_ahead: bool = False


@dataclass(frozen=True, slots=True)
class Refusal:
    id: int
    reason: Literal["lease_lost", "already_finished", "unknown"]


@dataclass(frozen=True, slots=True)
class Finished:
    """Ids in the order of the results; the same result sent again counts as finished."""

    finished: list[int] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Turn:
    """What became of results, what was leased then, and what keeps more from being leased."""

    finished: Finished
    leased: list[LeasedItem] = field(default_factory=list)
    hold: Hold | None = None


@dataclass(frozen=True, slots=True)
class Renewed:
    renewed: list[int] = field(default_factory=list)
    lost: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class EffectAnswer:
    """`new`: go ahead. `finished`: it happened, see `reference`. `unknown`: nobody knows; stop."""

    state: Literal["new", "finished", "unknown"]
    reference: str = ""
