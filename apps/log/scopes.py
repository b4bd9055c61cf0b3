"""Where lines are looked for: the narrowest index that a filter leaves, and what else must hold."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any, Final

from apps.bots.models import Bot
from apps.lib.numbers import whole_number
from apps.lib.searching import query_of
from apps.queues.models import WorkItem, WorkQueue
from apps.workflows.models import WorkflowInstance

from .asking import LEVELS, LogFilter

MOST_NAMED: Final = 50
# What a run, an item, an instance or a request said is walked through; of all others there is more
NARROW: Final = frozenset({"run_id", "item_id", "instance_id", "correlation_id"})


@dataclass(frozen=True, kw_only=True)
class Scope:
    """Lines whose `column` is one of `values`, in these folders, for which all `also` hold.

    `also` maps columns to the values they may have. Without values there is nothing to be found.
    """

    column: str
    values: tuple[Any, ...]
    folders: tuple[int, ...]
    also: dict[str, list[Any]] = field(default_factory=dict)
    levels: list[str] | None = None  # None: every level
    words: str | None = None  # a tsquery

    @property
    def is_narrow(self) -> bool:
        return self.column in NARROW

    @property
    def is_filtered(self) -> bool:
        """Whether lines in the scope may be left out."""
        return bool(self.also or self.levels or self.words)


def scope_of(wanted: LogFilter, folders: Collection[int]) -> Scope:
    """Return where the lines are that the filter asks for, in these folders."""
    columns = _columns(wanted, folders)
    column = next(iter(columns), "folder_id")
    values = columns.pop(column, sorted(folders))
    words = query_of(wanted.terms) if wanted.q else None
    # what has no word in PostgreSQL's eyes is nowhere
    is_nowhere = not folders or (bool(wanted.q) and words is None)
    return Scope(
        column=column,
        values=() if is_nowhere else tuple(values),
        folders=tuple(sorted(folders)),
        also=columns | ({"attempt": [wanted.attempt]} if wanted.attempt else {}),
        levels=wanted.levels if wanted.levels != list(LEVELS) else None,
        words=words,
    )


def _columns(wanted: LogFilter, folders: Collection[int]) -> dict[str, list[Any]]:
    """Return what is asked of columns that have an index, the narrowest first."""
    found: dict[str, list[Any]] = {}
    if wanted.run:
        found["run_id"] = [wanted.run]
    if wanted.item:
        found["item_id"] = items_called(wanted.item, folders)
    if wanted.instance:
        found["instance_id"] = instances_called(wanted.instance, folders)
    if wanted.request:
        found["correlation_id"] = [wanted.request]
    if wanted.queue:
        found["queue_id"] = _queues_called(wanted.queue, folders)
    if wanted.bot:
        found["bot_id"] = _bots_called(wanted.bot, folders)
    return found


def items_called(name: str, folders: Collection[int]) -> list[int]:
    """Return the items of that number, and those that bear it as their reference."""
    queues = list(WorkQueue.objects.filter(folder_id__in=folders).values_list("pk", flat=True))
    named = WorkItem.objects.filter(queue_id__in=queues, reference=name).order_by()
    return _with_number(name, named.values_list("pk", flat=True)[:MOST_NAMED])


def instances_called(name: str, folders: Collection[int]) -> list[int]:
    named = WorkflowInstance.objects.filter(folder_id__in=folders, business_key=name).order_by()
    return _with_number(name, named.values_list("pk", flat=True)[:MOST_NAMED])


def _queues_called(name: str, folders: Collection[int]) -> list[int]:
    named = WorkQueue.objects.filter(folder_id__in=folders, key=name)
    return _with_number(name, named.values_list("pk", flat=True)[:MOST_NAMED])


def _bots_called(name: str, folders: Collection[int]) -> list[int]:
    named = Bot.objects.filter(folder_id__in=folders, name=name)
    return _with_number(name, named.values_list("pk", flat=True)[:MOST_NAMED])


def _with_number(name: str, named: Any) -> list[int]:
    """Lines of what is gone are still found by its number, and by nothing else."""
    number = whole_number(name.removeprefix("#"))
    return sorted({*named, *([number] if number else [])})
