"""The tiles: each a value, a word that says whether to act, and the list that it counts."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from django.urls import reverse
from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.lib.durations import duration_in_words
from apps.queues.presenting import wait_state

from .figures import OF_THE_HOUR, RightNow
from .lists import AtWork, Backlog, Counted, Missed, People
from .queries import Minute

Tile = dict[str, Any]
TileOf = Callable[[RightNow, list[Minute]], Tile]

FEW_PROBLEMS = 5  # up to so many an hour are not worth an alarm
WATCH_FAILED_SHARE = 0.05
WATCH_IN_TIME, ACT_IN_TIME = 99.0, 95.0  # percent of what was due
MINUTES_OF_BAR = 3


def tiles_of(
    now: RightNow, minutes: list[Minute], wanted: Sequence[str] | None = None
) -> list[Tile]:
    """Return the tiles, all or the `wanted` ones, each with the key that opens it."""
    keys = list(TILES) if wanted is None else [key for key in wanted if key in TILES]
    return [
        TILES[key][1](now, minutes) | {"key": number, "name": key}
        for number, key in enumerate(keys, start=1)
    ]


def _backlog(now: RightNow, minutes: list[Minute]) -> Tile:
    note = _("nothing waits")
    if now.oldest_seconds and now.oldest_seconds >= 1:
        note = _("oldest waits %(time)s") % {
            "time": duration_in_words(round(now.oldest_seconds), parts=1)
        }
    elif now.backlog.n:
        note = _("came in just now, or wait for their time")
    came = _("%(n)s came in within the hour") % {"n": _thousands(now.added_last_hour)}
    return {
        "label": _("Backlog"),
        "value": counted(now.backlog),
        "state": wait_state(now.oldest_seconds),
        "note": note,
        "compare": _joined(came, _a_week_ago(now, "backlog")),
        "url": _list(Backlog.key),
        "spark": _bars([each.backlog for each in minutes], pick=max),
    }


def _bots(now: RightNow, minutes: list[Minute]) -> Tile:
    slots = now.slots
    silent = slots.n - slots.n_answering
    note = _("all slots answer")
    if not slots.n:
        note = _("no bot has entered yet")
    elif silent:
        note = ngettext(
            "%(n)d slot does not answer", "%(n)d slots do not answer", silent
        ) % {"n": silent}  # fmt: skip
    held = ngettext("%(n)s item with bots", "%(n)s items with bots", now.in_progress)
    return {
        "label": _("At work"),
        "value": counted(now.busy),
        "unit": ngettext("of %(n)s slot", "of %(n)s slots", slots.n) % {"n": slots.n},
        "state": "act" if not slots.n_answering else "watch" if silent else "ok",
        "note": note,
        "compare": _joined(
            held % {"n": _thousands(now.in_progress)}, _a_week_ago(now, "in_progress")
        ),
        "url": _list(AtWork.key),
    }


def _failures(now: RightNow, minutes: list[Minute]) -> Tile:
    n, usual = now.problems.n, now.week_ago.problems if now.week_ago else 0
    state = "ok"
    if n > max(FEW_PROBLEMS, 2 * usual):
        state = "act"
    elif n > usual:
        state = "watch"
    tries = ngettext("%(n)s try went wrong", "%(n)s tries went wrong", n)
    compare = _("%(n)s at this hour a week ago") % {"n": _thousands(usual)}
    return {
        "label": _("Failures, last hour"),
        "value": counted(now.failures),
        "unit": ngettext("kind", "kinds", now.failures.n),
        "state": state,
        "note": tries % {"n": counted(now.problems)} if n else _("no try went wrong"),
        "compare": compare if now.week_ago else "",
        "url": f"{reverse('failures:list')}?{OF_THE_HOUR.query()}",
        "spark": _bars([each.problems for each in minutes], pick=sum),
    }


def _people(now: RightNow, minutes: list[Minute]) -> Tile:
    note = _("nobody is asked")
    if now.oldest_task_at:
        age = max(0, round((now.at - now.oldest_task_at).total_seconds()))
        note = _("oldest %(time)s ago") % {"time": duration_in_words(age, parts=1)}
    overdue = _("%(n)s overdue") % {"n": counted(now.overdue_tasks)} if now.people.n else ""
    ago = ""
    if now.week_ago:
        n = now.week_ago.needs_decision
        ago = ngettext(
            "a week ago %(n)s item waited", "a week ago %(n)s items waited", n
        ) % {"n": _thousands(n)}  # fmt: skip
    return {
        "label": _("Waiting for people"),
        "value": counted(now.people),
        "state": "act" if now.overdue_tasks.n else "watch" if now.people.n else "ok",
        "note": note,
        "compare": _joined(overdue, ago),
        "url": _list(People.key),
    }


def _in_time(now: RightNow, minutes: list[Minute]) -> Tile:
    share = now.in_time
    late = ngettext("%(n)s of %(due)s late", "%(n)s of %(due)s late", now.missed.n)
    words = {"n": counted(now.missed), "due": _thousands(now.due_today)}
    ago = now.week_ago.in_time if now.week_ago else None
    return {
        "label": _("In time today"),
        "value": None if share is None else percent(share),
        "state": _state_in_time(share),
        "note": _("nothing was due yet") if share is None else late % words,
        "compare": _("a week ago %(share)s") % {"share": percent(ago)} if ago is not None else "",
        "url": _list(Missed.key),
    }


def _state_in_time(share: float | None) -> str:
    if share is None or share >= WATCH_IN_TIME:
        return "ok"
    return "watch" if share >= ACT_IN_TIME else "act"


def _done(now: RightNow, minutes: list[Minute]) -> Tile:
    share = now.straight_through
    note = _("none yet today")
    if share is not None:
        note = _("%(share)s without a person") % {"share": percent(share)}
    ended = now.done_today + now.failed_today
    failed = _("%(failed)s failed") % {"failed": _thousands(now.failed_today)}
    return {
        "label": _("Done today"),
        "value": _thousands(now.done_today),
        "state": "watch" if now.failed_today > ended * WATCH_FAILED_SHARE else "ok",
        "note": note,
        "compare": _joined(failed, _a_week_ago(now, "done")),
        "url": f"{reverse('dashboard:today')}#queues",
        "spark": _bars([each.done for each in minutes], pick=sum),
    }


# in the order of their keys
TILES: Final[dict[str, tuple[str | Promise, TileOf]]] = {
    "backlog": (gettext_lazy("Backlog"), _backlog),
    "at-work": (gettext_lazy("At work"), _bots),
    "failures": (gettext_lazy("Failures, last hour"), _failures),
    "people": (gettext_lazy("Waiting for people"), _people),
    "in-time": (gettext_lazy("In time today"), _in_time),
    "done": (gettext_lazy("Done today"), _done),
}


def counted(count: Counted) -> str:
    """Return the number, or “≥ 10 000” when there are at least so many."""
    return f"≥ {_thousands(count.n)}" if count.is_capped else _thousands(count.n)


def percent(share: float) -> str:
    """Never 100 % of what is not whole, never 0 % of what is something."""
    if share in (0, 100):
        return f"{share:.0f}\u202f%"
    return f"{number_format(min(max(share, 0.1), 99.9), 1)}\u202f%"


def _list(key: str) -> str:
    return reverse("dashboard:list", args=[key])


def _a_week_ago(now: RightNow, name: str) -> str:
    if now.week_ago is None:
        return ""
    return _("%(n)s a week ago") % {"n": _thousands(getattr(now.week_ago, name))}


def _joined(*parts: str) -> str:
    return " · ".join(part for part in parts if part)


def _bars(values: list[int], *, pick: Any) -> list[int]:
    """Return bars of some minutes each, as shares of the highest."""
    chunks = [values[at : at + MINUTES_OF_BAR] for at in range(0, len(values), MINUTES_OF_BAR)]
    heights = [pick(chunk) for chunk in chunks]
    highest = max(heights, default=0)
    return [round(100 * height / highest) for height in heights] if highest else []


def _thousands(n: int) -> str:
    return number_format(n, force_grouping=True)
