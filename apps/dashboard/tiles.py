"""The tiles of the overview: each a value, a word that says whether to act, and where to look."""

from typing import Any

from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.lib.durations import duration_in_words
from apps.queues.presenting import wait_state

from .queries import Minute, RightNow

Tile = dict[str, Any]

FEW_PROBLEMS = 5  # up to so many an hour are not worth an alarm
WATCH_FAILED_SHARE = 0.05
MINUTES_OF_BAR = 3


def tiles_of(now: RightNow, minutes: list[Minute]) -> list[Tile]:
    """Return the five tiles, in the order of their keys."""
    return [_backlog(now, minutes), _bots(now), _problems(now, minutes), _people(now), _done(now)]


def _backlog(now: RightNow, minutes: list[Minute]) -> Tile:
    note = _("nothing waits")
    if now.oldest_seconds:
        note = _("oldest waits %(time)s") % {
            "time": duration_in_words(round(now.oldest_seconds), parts=1)
        }
    elif now.backlog:
        note = _("for a retry, or for their time")
    return {
        "key": 1,
        "label": _("Backlog"),
        "value": _thousands(now.backlog),
        "state": wait_state(now.oldest_seconds),
        "note": note,
        "compare": _("%(n)s came in within the hour") % {"n": _thousands(now.added_last_hour)},
        "url": reverse("queues:queue_list"),
        "spark": _bars([each.backlog for each in minutes], pick=max),
    }


def _bots(now: RightNow) -> Tile:
    silent = now.n_slots - now.n_answering
    note = _("all slots answer")
    if not now.n_slots:
        note = _("no bot has entered yet")
    elif silent:
        note = ngettext(
            "%(n)d slot does not answer", "%(n)d slots do not answer", silent
        ) % {"n": silent}  # fmt: skip
    return {
        "key": 2,
        "label": _("At work"),
        "value": _thousands(now.n_busy),
        "unit": _("of %(n)s slots") % {"n": now.n_slots},
        "state": "act" if not now.n_answering else "watch" if silent else "ok",
        "note": note,
        "compare": ngettext(
            "%(n)d item with bots", "%(n)d items with bots", now.in_progress
        ) % {"n": now.in_progress},
        "url": reverse("bots:bot_list"),
    }  # fmt: skip


def _problems(now: RightNow, minutes: list[Minute]) -> Tile:
    n, usual = now.problems_last_hour, now.problems_a_week_ago
    state = "ok"
    if n > max(FEW_PROBLEMS, 2 * usual):
        state = "act"
    elif n > usual:
        state = "watch"
    return {
        "key": 3,
        "label": _("Problems, last hour"),
        "value": _thousands(n),
        "state": state,
        "note": _("tries that went wrong") if n else _("no try went wrong"),
        "compare": _("%(n)s at this hour a week ago") % {"n": _thousands(usual)},
        "url": "#problems",
        "spark": _bars([each.problems for each in minutes], pick=sum),
    }


def _people(now: RightNow) -> Tile:
    note = _("nobody is asked")
    if now.oldest_task_at:
        age = max(0, round((now.at - now.oldest_task_at).total_seconds()))
        note = _("oldest %(time)s ago") % {"time": duration_in_words(age, parts=1)}
    return {
        "key": 4,
        "label": _("Waiting for people"),
        "value": _thousands(now.people),
        "state": "act" if now.overdue_tasks else "watch" if now.people else "ok",
        "note": note,
        "compare": _("%(n)s overdue") % {"n": now.overdue_tasks} if now.people else "",
        "url": reverse("inbox:inbox"),
    }


def _done(now: RightNow) -> Tile:
    share = now.straight_through
    note = _("none yet today")
    if share is not None:
        note = _("%(share)s without a person") % {"share": _percent(share)}
    ended = now.done_today + now.failed_today
    return {
        "key": 5,
        "label": _("Done today"),
        "value": _thousands(now.done_today),
        "state": "watch" if now.failed_today > ended * WATCH_FAILED_SHARE else "ok",
        "note": note,
        "compare": _("%(failed)s failed · %(n)s by now a week ago") % {
            "failed": _thousands(now.failed_today), "n": _thousands(now.done_a_week_ago),
        },
        "url": reverse("queues:queue_list"),
    }  # fmt: skip


def _bars(values: list[int], *, pick: Any) -> list[int]:
    """Return bars of some minutes each, as shares of the highest."""
    chunks = [values[at : at + MINUTES_OF_BAR] for at in range(0, len(values), MINUTES_OF_BAR)]
    heights = [pick(chunk) for chunk in chunks]
    highest = max(heights, default=0)
    return [round(100 * height / highest) for height in heights] if highest else []


def _thousands(n: int) -> str:
    return number_format(n, force_grouping=True)


def _percent(share: float) -> str:
    return f"{share:.0f}\u202f%" if share in (0, 100) else f"{min(share, 99.9):.1f}\u202f%"
