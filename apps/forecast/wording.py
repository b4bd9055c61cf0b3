"""What is foretold, in sentences. Times are those of the reader's clock."""

from datetime import datetime, timedelta

from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.lib.durations import duration_in_words

from .accepting import ACCEPTED, Need
from .models import Foretold

# Below and above this a chance is said in words
HARDLY, NEARLY = 0.01, 0.99

Moments = tuple[datetime | None, datetime | None, datetime | None]


def moment_in_words(moment: datetime, now: datetime) -> str:
    """Return “17:20”, “tomorrow at 09:10” or “Wed 25 Nov at 14:00”."""
    local, today = timezone.localtime(moment), timezone.localtime(now).date()
    clock = formats.date_format(local, "H:i")
    if local.date() == today:
        return clock
    if local.date() == today + timedelta(days=1):
        return _("tomorrow at %(clock)s") % {"clock": clock}
    return _("%(day)s at %(clock)s") % {
        "day": formats.date_format(local, "D j M"),
        "clock": clock,
    }


def cleared_in_words(cleared: Moments, now: datetime, horizon: float) -> str:
    """Say when the queue is empty, and between what and what."""
    low, middle, high = cleared
    within = duration_in_words(horizon, parts=1)
    if low is None:
        return _("It will not be empty within %(time)s.") % {"time": within}
    said = {"low": moment_in_words(low, now), "time": within}
    if middle is None:
        return (
            _("It is empty by %(low)s at the earliest, and more likely not within %(time)s at all.")
            % said
        )
    said["middle"] = moment_in_words(middle, now)
    if high is None:
        return (
            _(
                "Empty at about %(middle)s, at the earliest by %(low)s; "
                "in one of ten cases not within %(time)s."
            )
            % said
        )
    said["high"] = moment_in_words(high, now)
    if said["low"] == said["high"]:
        return _("Empty at about %(middle)s.") % said
    return _("Empty at about %(middle)s, between %(low)s and %(high)s.") % said


def miss_in_words(chance: float | None, horizon: float) -> str:
    """Say how likely it is that something will be late."""
    if chance is None:
        return _("Nothing here has a time by which it is due.")
    within = duration_in_words(horizon, parts=1)
    if chance < HARDLY:
        return _("Hardly anything can be late within %(time)s.") % {"time": within}
    if chance > NEARLY:
        return _("Something will be late within %(time)s.") % {"time": within}
    return _("%(chance)s chance that something is late within %(time)s.") % {
        "chance": percent(chance),
        "time": within,
    }


def late_in_words(n_late: int) -> str:
    """Say what is late already; “” when nothing is."""
    if not n_late:
        return ""
    words = ngettext("%(n)d item is late already.", "%(n)d items are late already.", n_late)
    return words % {"n": n_late}


def need_in_words(need: Need | None, slots: int) -> str:
    """Say how many bots at a time it takes; “” when nothing is ever due."""
    if need is None:
        return ""
    if need.slots is None:
        return _(
            "More bots alone would not keep the service level: some of it has too little time."
        )
    if need.slots == slots:
        return ngettext(
            "The %(n)d bot at work is what it takes.",
            "The %(n)d bots at work are what it takes.",
            slots,
        ) % {"n": slots}
    words = ngettext("%(n)d bot would do.", "%(n)d bots would do.", need.slots)
    return words % {"n": need.slots}


def held_in_words(held: str) -> str:
    """Say why nothing is worked now; “” when something is."""
    says = {
        "paused": _("The queue is paused. What follows holds if it is resumed now."),
        "stopped": _("All work of the folder is stopped. What follows holds if it goes on now."),
        "no_bot": _("No bot answers that could work this queue: nothing will be worked."),
        "no_runs": _("The queue may have no runs at all: nothing will be worked."),
    }
    return says.get(held, "")


def basis_in_words(n_tries: int, n_hours: int) -> str:
    """Say how much was seen, where that is little."""
    tries = ngettext("%(n)d try", "%(n)d tries", n_tries) % {"n": n_tries}
    hours = ngettext("%(n)d hour", "%(n)d hours", n_hours) % {"n": n_hours}
    return _(
        "Little is known yet: %(tries)s, and %(hours)s of arrivals. "
        "That is why the bounds are so wide."
    ) % {"tries": tries, "hours": hours}


def nothing_known() -> str:
    return _(
        "Nobody has worked an item of this queue yet, so there is nothing to foretell from. "
        "After the first tries it says here when the queue will be empty."
    )


def line_in_words(kept: Foretold, now: datetime) -> str:
    """Return the line for lists: when it is empty, and the chance to miss where there is one.

    What was to be empty by now is not told: somebody will look again within a minute.
    """
    parts: list[str] = []
    if kept.held in {"no_bot", "no_runs"} and not kept.is_empty:
        parts = [_("no bot works it")]
    elif kept.is_empty or kept.held:
        parts = []
    elif kept.cleared_at is None:
        within = duration_in_words(kept.horizon_seconds, parts=1)
        parts = [_("not empty within %(time)s") % {"time": within}]
    elif kept.cleared_at > now:
        parts = [_("empty at about %(moment)s") % {"moment": moment_in_words(kept.cleared_at, now)}]
    if kept.miss_chance is not None and kept.miss_chance > ACCEPTED and not kept.held:
        parts.append(_("%(chance)s chance to be late") % {"chance": percent(kept.miss_chance)})
    return " · ".join(parts)


def percent(share: float) -> str:
    return _("%(n)s %%") % {"n": f"{100 * share:.0f}"}
