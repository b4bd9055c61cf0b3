"""Live fragments: pieces of pages that the page and the live hub render by the same function.

    @fragment("queue.header", template="queues/queue_detail.html#header", topics=("queue:{arg}",))
    def header(audience: Audience, arg: str) -> Context | None:
        queue = WorkQueue.objects.filter(folder__in=audience.folder_ids("view"), pk=arg).first()
        return {"queue": queue} if queue else None

`queue.header:12` is the fragment's id: its name, and what the function gets as `arg`. Whatever it
shows depends on `arg` and `audience` alone, never on a request; None means that there is no such
thing for that audience. Put them in the app's `fragments.py`, which every process loads.
"""

import hashlib
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeVar
from urllib.parse import parse_qsl

from django.template.loader import get_template
from django.utils import timezone, translation
from django.utils.functional import cached_property

from apps.lib.json import JsonObject
from apps.lib.numbers import whole_number

T = TypeVar("T")
Context = dict[str, Any]

NAME = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*")
MAX_ID_LENGTH = 500
HASH_BYTES = 9


class Rights(Protocol):
    """What somebody may do where; the layer above knows how."""

    def can(self, action: Any, folder_id: int | None) -> bool: ...
    def folder_ids(self, action: Any) -> frozenset[int]: ...
    def noting(self) -> "NotingRights": ...
    def __hash__(self) -> int: ...


class NotingRights(Rights, Protocol):
    """Rights that note each answer they give; `fit` says whose answers would be the same."""

    def fit(self, rights: Any) -> bool: ...


@dataclass(frozen=True)
class Audience:
    """People who see the same: same rights, language and time zone. Never a person by name."""

    rights: Rights
    language: str
    time_zone: str

    def can(self, action: str, folder_id: int | None) -> bool:
        return self.rights.can(action, folder_id)

    def folder_ids(self, action: str) -> frozenset[int]:
        return self.rights.folder_ids(action)

    def speaks_as(self, other: "Audience") -> bool:
        return (self.language, self.time_zone) == (other.language, other.time_zone)

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        return hash((self.rights, self.language, self.time_zone))


ContextFunction = Callable[[Audience, str], Mapping[str, Any] | None]


@dataclass(frozen=True, slots=True)
class Step:
    """The next piece of something that only grows. `cursor` is where the piece after it begins."""

    data: JsonObject | None  # None: nothing new
    cursor: str
    has_more: bool = False


StepFunction = Callable[[Audience, str, str], Step | None]


@dataclass(frozen=True)
class Fragment:
    name: str
    action: str | None
    topics: tuple[str, ...]

    def topics_of(self, arg: str) -> tuple[str, ...]:
        """Fill `{arg}`; of an `arg` like `12?status=new` also `{id}` and the names of its query,
        of one like `id=12&status=new` the names."""
        before, mark, query = arg.partition("?")
        named = dict(parse_qsl(query if mark else arg))
        places = {"id": before, **named} if not mark else {**named, "id": before}
        places["arg"] = arg
        filled = []
        for topic in self.topics:
            try:
                filled.append(topic.format_map(places))
            except KeyError:
                continue
        return tuple(filled)

    def is_open_to(self, audience: Audience) -> bool:
        return self.action is None or bool(audience.folder_ids(self.action))


@dataclass(frozen=True)
class HtmlFragment(Fragment):
    template: str
    context: ContextFunction


@dataclass(frozen=True)
class DataFragment(Fragment):
    step: StepFunction


@dataclass(frozen=True, slots=True)
class Rendered:
    html: str
    hash: str


_fragments: dict[str, Fragment] = {}
_audiences_of: Callable[[Collection[Any]], dict[int, Audience | None]] | None = None


def fragment(
    name: str, *, template: str, action: str | None = "view", topics: Sequence[str] = ()
) -> Callable[[ContextFunction], ContextFunction]:
    """Register the function that gives the context of `template` (“page.html#partial”).

    `action`: a right that the audience needs in some folder at least; None: signed in is enough.
    The function itself must keep to `audience.folder_ids(action)`.
    """

    def register(function: ContextFunction) -> ContextFunction:
        _register(HtmlFragment(name, action, tuple(topics), template, function))
        return function

    return register


def data_fragment(
    name: str, *, action: str | None = "view", topics: Sequence[str] = ()
) -> Callable[[StepFunction], StepFunction]:
    """Register a function `(audience, arg, cursor) -> Step | None` for what grows, like a log.

    A reader starts with the cursor that the page gave it, or "". None: no such thing for them.
    """

    def register(function: StepFunction) -> StepFunction:
        _register(DataFragment(name, action, tuple(topics), function))
        return function

    return register


def configure(*, audiences_of: Callable[[Collection[Any]], dict[int, Audience | None]]) -> None:
    """Hand in who sees what: the audiences of users by their ids, None for who may see nothing."""
    global _audiences_of
    _audiences_of = audiences_of


def audiences_of(users: Collection[Any]) -> dict[int, Audience | None]:
    """Return the audience that each of the users belongs to, by the users' ids."""
    if _audiences_of is None:
        raise RuntimeError("fragments.configure(audiences_of=…) was not called.")
    return _audiences_of(users)


def audience_of(user: Any) -> Audience | None:
    """Return the audience that `user` belongs to; None when signed out or disabled."""
    if user is None or not user.is_authenticated or not user.is_active:
        return None
    return audiences_of([user])[user.pk]


def find(fragment_id: str) -> tuple[Fragment, str] | None:
    """Return the fragment and the argument that the id means; None if there is no such one."""
    name, _colon, arg = fragment_id.partition(":")
    found = _fragments.get(name)
    if found is None or len(fragment_id) > MAX_ID_LENGTH or not _can_be_stored(arg):
        return None
    return found, arg


def number_in(arg: str) -> int | None:
    """Return the id of a row that `arg` is, or begins with before a “?”; None if it is none."""
    return whole_number(arg.partition("?")[0])


def render(fragment_id: str, audience: Audience) -> Rendered | None:
    """Return the fragment as this audience sees it; None if it does not exist for them."""
    match find(fragment_id):
        case (HtmlFragment() as found, arg) if found.is_open_to(audience):
            with translation.override(audience.language), timezone.override(audience.time_zone):
                context = found.context(audience, arg)
                return None if context is None else _fill(found, fragment_id, audience, context)
        case _:
            return None


def for_alike(audiences: Iterable[Audience], do: Callable[[Audience], T]) -> dict[Audience, T]:
    """Return what `do` gives for each audience, done once for all who would see no difference.

    They have one language and time zone, and their rights answer alike whatever `do` asks. An
    admin's list and a supervisor's are one, unless it has a button for admins. (Build systems call
    such notes verifying traces: Mokhov et al., Build Systems à la Carte, 2018.)
    """
    found: dict[Audience, T] = {}
    done: list[tuple[Audience, NotingRights, T]] = []
    for audience in audiences:
        for asked, noted, result in done:
            if asked.speaks_as(audience) and noted.fit(audience.rights):
                found[audience] = result
                break
        else:
            noted = audience.rights.noting()
            found[audience] = do(replace(audience, rights=noted))
            done.append((audience, noted, found[audience]))
    return found


def take_step(fragment_id: str, audience: Audience, cursor: str) -> Step | None:
    """Return what a data fragment has after `cursor`; None if it does not exist for them."""
    match find(fragment_id):
        case (DataFragment() as found, arg) if found.is_open_to(audience):
            with translation.override(audience.language), timezone.override(audience.time_zone):
                return found.step(audience, arg, cursor)
        case _:
            return None


def _can_be_stored(text: str) -> bool:
    """PostgreSQL takes neither NUL nor half surrogate pairs, and people don't send them."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\x00" not in text


def _fill(
    found: HtmlFragment, fragment_id: str, audience: Audience, context: Mapping[str, Any]
) -> Rendered:
    # fragments may hold fragments: the template tag finds the audience here
    full = {**context, "audience": audience, "fragment_id": fragment_id}
    html = get_template(found.template).render(full).strip()
    return Rendered(html, hashlib.blake2b(html.encode(), digest_size=HASH_BYTES).hexdigest())


def _register(new: Fragment) -> None:
    if not NAME.fullmatch(new.name):
        raise ValueError(f"{new.name!r} is not a name for a fragment: write it like queue.header.")
    known = _fragments.get(new.name)
    if known is not None and _origin(known) != _origin(new):
        raise ValueError(f"There are two fragments called {new.name!r}.")
    _fragments[new.name] = new


def _origin(known: Fragment) -> tuple[str, str]:
    function: Any = (
        known.step if isinstance(known, DataFragment) else getattr(known, "context", None)
    )
    return function.__module__, function.__qualname__
