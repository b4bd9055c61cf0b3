"""Operations for people: rows of the list, and what stands on the page of one."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from apps.events.history import history_of
from apps.events.wording import sentence_of

from . import kinds
from .kinds import Kind, Label
from .listing import EntryFilter
from .models import Operation, OperationEntry

HISTORY_LENGTH = 20
PER_CENT = 100

BADGES: dict[str, str] = {
    Operation.Status.PREPARING: "waiting",
    Operation.Status.WAITING: "waiting",
    Operation.Status.RUNNING: "running",
    Operation.Status.DONE: "done",
    Operation.Status.CANCELLED: "cancelled",
    Operation.Status.FAILED: "failed",
}
ENTRY_BADGES: dict[str, str] = {
    OperationEntry.Status.WAITING: "waiting",
    OperationEntry.Status.DONE: "done",
    OperationEntry.Status.SKIPPED: "cancelled",
    OperationEntry.Status.FAILED: "failed",
}


@dataclass(frozen=True)
class Row:
    """An operation as lists and its own page show it."""

    operation: Operation

    @property
    def kind(self) -> Kind | None:
        return kinds.find(self.operation.kind)

    @property
    def title(self) -> str:
        return str(self.kind.title) if self.kind else self.operation.kind

    @property
    def badge(self) -> str:
        return BADGES[self.operation.status]

    @property
    def word(self) -> str:
        return str(self.operation.get_status_display())

    @property
    def percent(self) -> int:
        total = self.operation.total
        return PER_CENT * self.operation.handled // total if total else 0

    @property
    def said(self) -> str:
        """What is done with them, beside the verb: “priority 80”."""
        return self.kind.say(self.operation.arguments) if self.kind and self._has_own else ""

    @property
    def _has_own(self) -> bool:
        return bool(self.operation.arguments) and not self.operation.undo_of_id

    @property
    def back_url(self) -> str:
        return self.kind.back(self.operation.filter) if self.kind else ""


def verbs_of(operation: Operation, may: Callable[[str], bool]) -> dict[str, bool]:
    """Return what the person may do with it now."""
    kind = kinds.find(operation.kind)
    allowed = kind is not None and may(kind.action)
    return {
        "may_cancel": allowed and not operation.is_over,
        "may_retry": allowed and operation.is_over and operation.failed > 0,
        "may_undo": allowed and _can_be_undone(operation, kind),
    }


def _can_be_undone(operation: Operation, kind: Kind | None) -> bool:
    if kind is None or kind.undo is None or not operation.is_over or not operation.done:
        return False
    taken = operation.undone_by.filter(status__in=[*Operation.UNFINISHED, "done"])
    return not taken.exists()


def cells_of(operation: Operation) -> list[dict[str, Any]]:
    base = reverse("operations:detail", args=[operation.pk])
    left = _("Left as it was") if operation.is_over else _("Still to do")
    cells: list[tuple[str, str, int, str]] = [
        (_("Done"), "done", operation.done, ""),
        (_("Left out"), "skipped", operation.skipped, ""),
        (_("Failed"), "failed", operation.failed, "act" if operation.failed else ""),
        (left, "waiting", operation.left, ""),
    ]
    return [
        {
            "label": label,
            "value": n,
            "tone": tone,
            "url": f"{base}?status={status}#results" if n else "",
        }
        for label, status, n, tone in cells
    ]


def tabs_of(operation: Operation, wanted: EntryFilter) -> list[dict[str, Any]]:
    """Return a tab for each result that there is."""
    base = reverse("operations:detail", args=[operation.pk])
    counts: dict[str, int] = {
        "": operation.total or 0,
        "waiting": operation.left,
        "done": operation.done,
        "skipped": operation.skipped,
        "failed": operation.failed,
    }
    labels = {"": _("All"), **dict(OperationEntry.Status.choices)}
    if operation.is_over:
        labels["waiting"] = _("Left as it was")
    return [
        {
            "url": f"{base}?status={status}" if status else base,
            "label": labels[status],
            "count": n,
            "current": wanted.status == status,
        }
        for status, n in counts.items()
        if n or not status or wanted.status == status
    ]


def entry_rows(operation: Operation, entries: list[OperationEntry]) -> list[dict[str, Any]]:
    """Return each entry with the name and the page of its target; one query of the kind's app."""
    labels = labels_of(operation, entries)
    left = _("Left as it was") if operation.is_over else ""
    return [
        {
            "entry": entry,
            "label": labels[entry.target_id],
            "badge": "cancelled" if left and entry.status == "waiting" else _badge(entry),
            "word": left if left and entry.status == "waiting" else entry.get_status_display(),
        }
        for entry in entries
    ]


def labels_of(operation: Operation, entries: list[OperationEntry]) -> dict[int, Label]:
    kind = kinds.find(operation.kind)
    ids = [entry.target_id for entry in entries]
    known = dict(kind.label(ids)) if kind and ids else {}
    return {pk: known.get(pk) or Label(f"#{pk}") for pk in ids}


def _badge(entry: OperationEntry) -> str:
    return ENTRY_BADGES[entry.status]


def history(operation: Operation) -> list[dict[str, Any]]:
    events = history_of(("operation", operation.pk), limit=HISTORY_LENGTH).items
    return [{"what": sentence_of(each), "at": each.occurred_at} for each in events]
