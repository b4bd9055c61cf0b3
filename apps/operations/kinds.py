"""The kinds of operations: what may be done to many things at once. Apps above register theirs.

    kinds.register(Kind(key="items.retry", verb=_("Retry"), …))

Called from the app's `ready`. A kind says which targets a filter means, and does a chunk of them;
that each target has its turn exactly once is the business of `lifecycle`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from apps.accounts.roles import Action
from apps.lib.actors import Actor
from apps.lib.errors import FieldProblem, InvalidError
from apps.lib.json import JsonObject

from .models import OperationEntry

Status = OperationEntry.Status
Words = str | Promise

# More targets than this are confirmed by typing their number
CONFIRM_ABOVE = 50


@dataclass(frozen=True, slots=True)
class Bound:
    """Up to where a filter looks: what came or changed after it is not meant."""

    at: datetime
    id: int | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one target. `before` is what an undo needs to know; reasons are sentences."""

    status: OperationEntry.Status
    reason: str = ""
    before: JsonObject | None = None


def did(before: JsonObject | None = None) -> Result:
    return Result(Status.DONE, before=before)


def skipped(reason: str) -> Result:
    return Result(Status.SKIPPED, reason)


def failed(reason: str) -> Result:
    return Result(Status.FAILED, reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """Some targets of an operation, ids ascending, to be done in the caller's transaction.

    `before`, of an undo alone: what the operation that is undone noted of each target.
    """

    ids: Sequence[int]
    arguments: JsonObject
    actor: Actor
    reason: str = ""
    operation_id: int = 0
    before: Mapping[int, JsonObject] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Label:
    """How a target is called, and where its page is."""

    title: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """So many of the targets stand so; `badge` is a status of the badge on pages."""

    status: str
    n: int
    word: Words = ""
    badge: str = ""


Choose = Callable[[Sequence[int], JsonObject, Bound], QuerySet[Any, Any]]


def _unchecked(arguments: JsonObject) -> JsonObject:
    """Kinds that ask for nothing."""
    if arguments:
        name = next(iter(arguments))
        raise InvalidError(fields=[FieldProblem(f"arguments.{name}", _("is not known here"))])
    return {}


def _unlabelled(ids: Iterable[int]) -> Mapping[int, Label]:
    return {}


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One thing that can be done to many targets.

    `choose` returns a query of one column, the ids, none twice; it keeps to the folders and to the
    bound. `read` brings a filter into the form that is stored, or raises InvalidError by field.
    `apply` does a chunk in the caller's transaction and says what became of each; targets that it
    does not name are gone. It may be called again for the same targets after a rollback, and must
    not act outside the database.
    """

    key: str
    verb: Words  # on buttons: “Retry”
    title: Words  # in lists: “Retry items”
    action: Action  # the right that it takes in the folder
    subject: str  # the kind of its targets: “item”
    choose: Choose
    preview: Callable[[Sequence[int], JsonObject, Bound], Sequence[Part]]
    apply: Callable[[Chunk], Mapping[int, Result]]
    newest: Callable[[], int | None]  # the upper bound of ids, now
    read: Callable[[Sequence[int], JsonObject], JsonObject]
    about: Callable[[JsonObject], str]  # what the filter means, in words
    check: Callable[[JsonObject], JsonObject] = _unchecked  # arguments; raises InvalidError
    say: Callable[[JsonObject], str] = lambda arguments: ""  # arguments in words
    # pages: the filter in a query string, whose folder it is (None: nobody's), what is asked for
    parse: Callable[[QueryDict], JsonObject] = lambda query: {}
    home: Callable[[Sequence[int], JsonObject], int | None] = lambda folders, wanted: None
    form: type[forms.Form] | None = None
    label: Callable[[Iterable[int]], Mapping[int, Label]] = _unlabelled
    back: Callable[[JsonObject], str] = lambda wanted: ""  # the list that shows the filter
    effect: Words = ""  # what happens, as a sentence
    undo: str | None = None  # the key of the kind that takes it back
    confirm_above: int = CONFIRM_ABOVE
    needs_reason: bool = False
    is_offered: bool = True  # False: an undo alone starts it
    icon: str = "checklist"
    # where its targets may stand, as lists of the subject are filtered; empty: anywhere
    places: frozenset[str] = frozenset()

    def is_for(self, place: str) -> bool:
        """Whether it can do anything in a list of this status; "" is a list of all."""
        return not place or not self.places or place in self.places

    @property
    def asks_nothing(self) -> bool:
        """Whether it starts at once for a few: there is nothing to say and little to lose."""
        return self.form is None and not self.needs_reason


_kinds: dict[str, Kind] = {}


def register(kind: Kind) -> Kind:
    """Make a kind known. Raises ValueError if another one has its key."""
    known = _kinds.get(kind.key)
    if known is not None and known.apply is not kind.apply:
        raise ValueError(f"There are two kinds of operations called {kind.key!r}.")
    _kinds[kind.key] = kind
    return kind


def find(key: str) -> Kind | None:
    return _kinds.get(key)


def get(key: str) -> Kind:
    """Return the kind; InvalidError if nobody registered it."""
    found = _kinds.get(key)
    if found is None:
        message = _("There is no operation of this kind.")
        raise InvalidError(message, fields=[FieldProblem("kind", message)])
    return found


def offered(subject: str = "") -> list[Kind]:
    """Return the kinds that people may start, of one subject or of all."""
    return [
        kind
        for kind in _kinds.values()
        if kind.is_offered and (not subject or kind.subject == subject)
    ]
