"""What an instance went through, as lines: where it began, each visit, and how it ended.

They are read from the history of the instance, for its own log alone: a line for each visit of a
million instances would be written a second time, to be found by nobody.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Final

from django.utils.translation import gettext as _

from apps.workflows.models import StepInstance, WorkflowInstance
from apps.workflows.story import took_of

from .keys import Key
from .lines import LogEntry
from .scopes import Scope
from .statements import Stretch

MOST_VISITS: Final = 2_000
_BEGAN, _ENDED = -(2**40), -1
_BAD: Final = frozenset({StepInstance.Outcome.FAILED})


def visits_of(
    scope: Scope, stretch: Stretch, *, limit: int, no_further_than: Key | None
) -> list[LogEntry]:
    """Return the visits of a scope of instances in that stretch, in its direction.

    None but for a scope of instances, of which the newest visits are known.
    """
    if scope.column != "instance_id" or scope.also:
        return []
    rows = WorkflowInstance.objects.filter(pk__in=scope.values, folder_id__in=scope.folders)
    entries = [entry for instance in rows for entry in _all_of(instance)]
    fitting = [each for each in entries if _fits(each, scope) and _lies_in(each.key, stretch)]
    if no_further_than is not None:
        fitting = [each for each in fitting if _comes_before(each.key, no_further_than, stretch)]
    fitting.sort(key=lambda each: each.key, reverse=stretch.direction == "older")
    return fitting[:limit]


def _lies_in(key: Key, stretch: Stretch) -> bool:
    return stretch.low <= key < stretch.high


def _comes_before(key: Key, edge: Key, stretch: Stretch) -> bool:
    return key >= edge if stretch.direction == "older" else key <= edge


def _all_of(instance: WorkflowInstance) -> Iterator[LogEntry]:
    yield _entry(instance, _BEGAN, instance.started_at, _("The instance began."))
    rows = StepInstance.objects.filter(
        instance_id=instance.pk, ended_at__gte=instance.started_at
    ).order_by("-ended_at", "-token")
    for visit in rows[:MOST_VISITS]:
        yield _visit(instance, visit)
    if instance.status == WorkflowInstance.Status.COMPLETED and instance.ended_at:
        took = took_of(instance.ended_at - instance.started_at)
        words = _("The instance is done, after %(time)s.") % {"time": took}
        yield _entry(instance, _ENDED, instance.ended_at, words)


def _visit(instance: WorkflowInstance, visit: StepInstance) -> LogEntry:
    said = {
        "step": visit.node,
        "word": visit.get_outcome_display(),
        "time": took_of(visit.ended_at - visit.entered_at),
    }
    words = _("%(step)s: %(word)s, after %(time)s") % said
    details = ", ".join(each for each in (visit.by, visit.note) if each)
    return _entry(
        instance,
        # above the beginning, in the order of the tokens, and below the end
        _BEGAN + 1 + visit.token,
        visit.ended_at,
        f"{words} ({details})" if details else words,
        level="warning" if visit.outcome in _BAD else "info",
        token=visit.token,
        step=visit.node,
    )


def _entry(  # noqa: PLR0913 - a line has so much
    instance: WorkflowInstance,
    number: int,
    at: datetime,
    message: str,
    *,
    level: str = "info",
    token: int | None = None,
    step: str = "",
) -> LogEntry:
    return LogEntry(
        id=number,
        at=at,
        folder_id=instance.folder_id,
        instance_id=instance.pk,
        level=level,
        message=message,
        token=token,
        step=step,
    )


def _fits(entry: LogEntry, scope: Scope) -> bool:
    """Visits are few, and so is what the filter needs to know of their words."""
    if scope.levels is not None and entry.level not in scope.levels:
        return False
    return scope.words is None or all(
        any(word.startswith(term) for word in _words_in(entry.message))
        for term in re.findall(r"'((?:[^']|'')+)'", scope.words)
    )


def _words_in(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())
