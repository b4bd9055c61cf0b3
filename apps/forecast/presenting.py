"""What the page of a forecast shows."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from apps.lib.durations import duration_in_words
from apps.queues.models import WorkQueue

from . import wording
from .drawing import fan
from .forms import WhatIfForm
from .models import Foretold
from .outlooks import Outlook, WhatIf

MORE_STEPS = (100, 1_000, 10_000, 100_000, 1_000_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Slider:
    """One thing to play with. `shown`: its value in words, for all who don't see the slider."""

    name: str
    label: str
    value: int
    least: int
    most: int
    step: int
    shown: str


def outlook_context(
    queue: WorkQueue, found: Outlook, form: WhatIfForm, wish: WhatIf, kept: Foretold | None
) -> dict[str, Any]:
    """Return the context of the page, and of the part that the sliders change."""
    return {
        "queue": queue,
        "form": form,
        "found": found,
        "sentences": _sentences(found),
        "callouts": _callouts(found, wish),
        "cells": _cells(queue, found),
        "fan": _fan(found),
        "facts": _facts(found),
        "sliders": _sliders(found, form, wish),
        "bots": found.capacity.bots,
        "wish": wish,
        "is_asked": found.is_asked(wish),
        "as_it_is": _as_it_is(kept) if found.is_asked(wish) else "",
    }


def _sentences(found: Outlook) -> list[str]:
    """Return what is foretold: the first is the headline."""
    if not found.is_known:
        return [wording.nothing_known()]
    said = []
    if found.slots == 0 and found.held in {"", "no_bot", "no_runs"}:
        said.append(wording.held_in_words(found.held or "no_bot"))
    elif found.is_empty_now and found.cleared[0] == found.made_at:
        said.append(_("Empty now."))
    else:
        said.append(wording.cleared_in_words(found.cleared, found.made_at, found.horizon))
    said.append(wording.miss_in_words(found.miss_chance, found.horizon))
    said.append(wording.need_in_words(found.need, found.slots))
    said.append(wording.late_in_words(found.measures.line.n_late))
    return [each for each in said if each]


def _callouts(found: Outlook, wish: WhatIf) -> list[dict[str, str]]:
    said = []
    if found.held in {"paused", "stopped"}:
        said.append(wording.held_in_words(found.held))
    if found.basis == "few":
        said.append(wording.basis_in_words(found.measures.n_tries, found.measures.n_hours))
    names = {name for name, _slots in found.capacity.bots}
    if wish.without and wish.without in names:
        said.append(_("“%(bot)s” is still counted.") % {"bot": wish.without})
    return [{"text": each} for each in said]


def _cells(queue: WorkQueue, found: Outlook) -> list[dict[str, Any]]:
    line = found.measures.line
    base = reverse("queues:queue_detail", args=[queue.pk])
    cells = [
        {"label": _("Waiting"), "value": line.n_ready, "url": f"{base}?status=ready"},
        {"label": _("Later"), "value": line.n_scheduled, "url": f"{base}?status=scheduled"},
        {"label": _("Running"), "value": line.n_in_hand, "url": f"{base}?status=in_progress"},
        {"label": _("Late already"), "value": line.n_late, "tone": "failed" if line.n_late else ""},
        {"label": _("Bots at work"), "value": found.slots, "note": _bound(found)},
    ]
    if found.need is not None and found.need.slots is not None:
        short = found.need.slots > found.slots
        cells.append(
            {
                "label": _("Bots it takes"),
                "value": found.need.slots,
                "tone": "failed" if short else "",
                "note": _("for a chance to miss of 5 % at most"),
            }
        )
    return cells


def _bound(found: Outlook) -> str:
    capacity = found.capacity
    if found.slots != capacity.slots:
        return _("as asked; now %(n)d") % {"n": capacity.slots}
    words = {
        "runs": _("of %(n)d; the queue may have no more runs"),
        "in_progress": _("of %(n)d; no more items at a time"),
        "share": _("of %(n)d; other queues have their share"),
        "limit": _("of %(n)d; a limit allows no more"),
    }.get(capacity.bound_by, "")
    return words % {"n": capacity.pool_slots} if words else ""


def _fan(found: Outlook) -> Any:
    if found.simulated is None:
        return None
    closings = found.capacity.closings
    return fan(found.simulated, found.made_at, closings, timezone.localtime(found.made_at))


def _facts(found: Outlook) -> list[tuple[str, str]]:
    """Say what the forecast is made of."""
    seen = found.measures
    facts = [(_("Looked ahead"), duration_in_words(found.horizon, parts=1))]
    if seen.handling is not None:
        seconds = sorted(seen.handling.seconds)
        half, most = (
            seconds[len(seconds) // 2],
            seconds[min(len(seconds) - 1, len(seconds) * 9 // 10)],
        )
        usual = _("%(half)s, nine of ten below %(most)s")
        said = {"half": duration_in_words(half), "most": duration_in_words(most)}
        facts.append((_("One item takes"), usual % said))
        facts.append((_("Tries seen"), str(seen.handling.n_tries)))
        again = seen.handling.n_again / max(1, seen.handling.n_tries)
        facts.append((_("Tried again"), wording.percent(again)))
    facts.append((_("Came in an hour"), f"{seen.came_per_hour:,.1f}"))
    expected = seen.arrivals.until(found.horizon).expected
    facts.append((_("Expected to come in"), _("about %(n)s") % {"n": f"{expected:,.0f}"}))
    days = duration_in_words(seen.n_hours * 3600, parts=1) if seen.n_hours else _("nothing yet")
    facts.append((_("Arrivals seen over"), days))
    if found.simulated is not None:
        facts.append((_("Bots busy"), wording.percent(min(1.0, found.simulated.busy_share))))
    return facts


def _sliders(found: Outlook, form: WhatIfForm, wish: WhatIf) -> list[Slider]:
    need = found.need.slots if found.need and found.need.slots else 0
    most = max(6, 2 * found.capacity.slots, need + 2, wish.bots or 0)
    waiting = max(found.measures.line.n_ready, wish.more_items, 25)
    more = next((each for each in MORE_STEPS if each >= 2 * waiting), MORE_STEPS[-1])
    scale = round(100 * wish.arrivals)
    return [
        Slider(
            name="bots",
            label=str(form.fields["bots"].label),
            value=found.slots,
            least=0,
            most=most,
            step=1,
            shown=str(found.slots),
        ),
        Slider(
            name="more",
            label=str(form.fields["more"].label),
            value=wish.more_items,
            least=0,
            most=more,
            step=max(1, more // 100),
            shown=number_format(wish.more_items, force_grouping=True),
        ),
        Slider(
            name="arrivals",
            label=str(form.fields["arrivals"].label),
            value=scale,
            least=0,
            most=max(300, scale),
            step=10,
            shown=_("%(n)s %%") % {"n": scale},
        ),
    ]


def _as_it_is(kept: Foretold | None) -> str:
    """Say what is foretold without what was asked, from what was foretold last."""
    if kept is None or kept.basis == Foretold.Basis.NONE:
        return ""
    cleared = (kept.cleared_low, kept.cleared_at, kept.cleared_high)
    when = wording.cleared_in_words(cleared, kept.made_at, kept.horizon_seconds)
    if kept.is_empty:
        when = _("Empty now.")
    return f"{when} {wording.miss_in_words(kept.miss_chance, kept.horizon_seconds)}"
