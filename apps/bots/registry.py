"""What bots can run: Python functions registered by name, and how runs of a kind are executed.

An automation is a function in the module `automations` of an installed app:

    @automation("read-invoice", title=_("Read an invoice"))
    def read_invoice(item: ItemContext) -> JsonObject | None: ...

See docs/bots.md for what it may do and raise.
"""

import hashlib
import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias

from django.utils.translation import gettext as _

from apps.lib.json import Json, JsonObject

from .asking import Answer
from .contexts import Beat, ItemContext, RunContext
from .exceptions import ApplicationException, BusinessException, UnknownAutomationError

if TYPE_CHECKING:
    from .models import Run

__all__ = [
    "Answer",
    "ApplicationException",
    "BusinessException",
    "ExitReport",
    "ItemContext",
    "Registered",
    "RunContext",
    "automation",
    "executor_of",
    "find_automation",
    "register_executor",
    "register_run_lost",
    "registered_automations",
    "run_lost_hooks",
]

Kind: TypeAlias = Literal["item", "run"]
ItemFunction: TypeAlias = Callable[[ItemContext], "JsonObject | None"]
RunFunction: TypeAlias = Callable[[RunContext], "JsonObject | None"]


@dataclass(frozen=True, kw_only=True)
class Registered:
    """A function that bots can run, with the limits that a new `Automation` row starts with."""

    name: str
    title: Any  # a lazy translation is as good as a str
    kind: Kind
    function: Callable[[Any], Any]
    max_run_seconds: int = 3600
    max_item_seconds: int = 600
    grace_seconds: int = 10
    # for trying and measuring: no folder gets it by itself
    is_example: bool = False
    # SHA-256 of the module's source when it was loaded: another text is another version
    fingerprint: str = ""


@dataclass(frozen=True, kw_only=True)
class ExitReport:
    """How a run ended by itself."""

    output: Json = None
    reason: str = ""
    n_successful: int = 0
    n_failed: int = 0
    was_stopped: bool = False
    # how long one item (or the run) took; feeds the moving average `usual_seconds`
    seconds_each: float | None = None


class Executor(Protocol):
    def __call__(self, run: "Run", beat: Beat) -> ExitReport: ...


class RunLostHook(Protocol):
    def __call__(self, run_id: int, *, unit_in_hand: int | None, is_to_blame: bool) -> None: ...


@dataclass
class _Shelf:
    automations: dict[str, Registered] = field(default_factory=dict)
    executors: dict[str, Executor] = field(default_factory=dict)
    run_lost: list[RunLostHook] = field(default_factory=list)


_shelf = _Shelf()


def automation(
    name: str,
    *,
    title: Any,
    kind: Kind = "item",
    max_run_seconds: int = 3600,
    max_item_seconds: int = 600,
    grace_seconds: int = 10,
    is_example: bool = False,
) -> Callable[[Callable[[Any], Any]], Callable[[Any], Any]]:
    """Register the decorated function as what automations called `name` run."""

    def register(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
        known = _shelf.automations.get(name)
        if known and known.function.__qualname__ != function.__qualname__:
            raise ValueError(f"Two automations are called {name!r}; rename one of them.")
        _shelf.automations[name] = Registered(
            name=name,
            title=title,
            kind=kind,
            function=function,
            max_run_seconds=max_run_seconds,
            max_item_seconds=max_item_seconds,
            grace_seconds=grace_seconds,
            is_example=is_example,
            fingerprint=_fingerprint(function),
        )
        return function

    return register


def _fingerprint(function: Callable[[Any], Any]) -> str:
    module = inspect.getmodule(function)
    try:
        source = inspect.getsource(module) if module else function.__qualname__
    except OSError:
        source = function.__qualname__
    return hashlib.sha256(source.encode()).hexdigest()


def registered_automations() -> list[Registered]:
    return list(_shelf.automations.values())


def find_automation(name: str) -> Registered:
    """Return what is registered as `name`, or raise UnknownAutomationError."""
    try:
        return _shelf.automations[name]
    except KeyError:
        raise UnknownAutomationError(
            _(
                "No automation “%(name)s” is installed on this machine."
                " Install its code and start the bot again."
            )
            % {"name": name}
        ) from None


def register_executor(kind: Kind, executor: Executor) -> None:
    """Say how runs of automations of `kind` are executed; upper apps call it when ready."""
    _shelf.executors[kind] = executor


def executor_of(kind: str) -> Executor:
    return _shelf.executors[kind]


def register_run_lost(hook: RunLostHook) -> None:
    """Call `hook` in the transaction that ends a run which did not end itself.

    Such a run was lost, was killed, or broke. `unit_in_hand` is the item it worked on at that
    moment: 0 when there was none, None when nobody knows. `is_to_blame` is False when the work was
    cut off for another reason than the work itself: a person's request, a shutdown.
    """
    if hook not in _shelf.run_lost:
        _shelf.run_lost.append(hook)


def run_lost_hooks() -> list[RunLostHook]:
    return list(_shelf.run_lost)
