"""A report as it was asked for: what pages, files, mails and programs get."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property
from typing import Any

from django.utils import formats
from django.utils.translation import gettext as _

from apps.accounts.models import Folder
from apps.bots.models import Automation
from apps.lib.errors import NotFoundError
from apps.queues.models import WorkQueue

from .asking import Wanted, zone
from .drawing import Chart, chart
from .figures import Asked
from .models import FigureMark
from .periods import Span
from .questions import QUESTIONS, Question
from .shapes import Report


@dataclass(frozen=True)
class Answered:
    """A report, and what it is about. `as_of` None: nothing is recorded yet.

    `wanted` is `asked` without a comparison where nothing is known of that time.
    """

    question: Question
    asked: Wanted
    wanted: Wanted
    report: Report
    as_of: datetime | None
    since: date | None

    @property
    def title(self) -> str:
        return str(self.question.title)

    @property
    def span_words(self) -> str:
        """Return the days in words, with their zone."""
        words = days_in_words(self.wanted.span)
        if self.wanted.span.last >= self.wanted.today >= self.wanted.span.first:
            words = _("%(days)s, which is not over yet") % {"days": words}
        return f"{words} ({zone()})"

    @property
    def before_words(self) -> str:
        """Return what it is compared with in words; "" for nothing."""
        before = self.wanted.before
        return _("compared with %(days)s") % {"days": days_in_words(before)} if before else ""

    @property
    def incomplete(self) -> str:
        """Return a sentence where figures do not go back as far as is asked; "" if they do."""
        spans = (self.wanted.span, self.asked.before)
        first = min(each.first for each in spans if each)
        if self.since is None or first >= self.since:
            return ""
        return _("There are figures from %(day)s on; of days before, nothing is known.") % {
            "day": _day(self.since)
        }

    @cached_property
    def chart(self) -> Chart | None:
        return chart(self.report.days)


def answer(key: str, wanted: Wanted, folder_ids: frozenset[int]) -> Answered:
    """Return the report; NotFoundError if there is none of that name."""
    question = QUESTIONS.get(key)
    if question is None:
        raise NotFoundError(_("There is no report “%(key)s”.") % {"key": key[:40]})
    mark = FigureMark.objects.filter(id=1).first()
    asked, before = wanted, wanted.before
    if mark and before and before.last < mark.since:
        # nothing is known of that time: 0 would be a claim
        wanted = replace(wanted, compare="none")
    return Answered(
        question=question,
        asked=asked,
        wanted=wanted,
        report=question.answer(Asked(wanted, folder_ids)),
        as_of=mark.upto if mark else None,
        since=mark.since if mark else None,
    )


def days_in_words(span: Span) -> str:
    if span.is_month:
        return formats.date_format(span.first, "F Y")
    if span.n_days == 1:
        return _day(span.first)
    return _("%(first)s to %(last)s") % {"first": _day(span.first), "last": _day(span.last)}


def choices(wanted: Wanted, folder_ids: frozenset[int]) -> list[dict[str, Any]]:
    """Return what a reader may narrow a report to; a folder only where there is more than one."""
    chosen = folder_ids if wanted.folder is None else folder_ids & {wanted.folder}
    folders = list(Folder.objects.filter(pk__in=folder_ids).values_list("pk", "title"))
    queues = WorkQueue.objects.filter(folder_id__in=chosen).values_list("pk", "title")
    automations = Automation.objects.filter(folder_id__in=chosen).values_list("pk", "title")
    found = [
        _choice("folder", _("Folder"), _("All folders"), folders, wanted.folder),
        _choice("queue", _("Queue"), _("All queues"), list(queues), wanted.queue),
        _choice(
            "automation",
            _("Automation"),
            _("All automations"),
            list(automations),
            wanted.automation,
        ),
    ]
    return found if len(folders) > 1 else found[1:]


def _choice(
    name: str, label: str, every: str, rows: list[tuple[int, str]], value: int | None
) -> dict[str, Any]:
    options = [(str(pk), title) for pk, title in sorted(rows, key=lambda row: row[1].casefold())]
    said = str(value or "")
    if said and said not in dict(options):
        options.append((said, _("Not there, or not for you")))
    return {"name": name, "label": label, "value": said, "options": [("", every), *options]}


def _day(day: date) -> str:
    return formats.date_format(day, "j M Y")
