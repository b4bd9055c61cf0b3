"""An event as a sentence for people.

Apps say in their `wording.py`, for each of their kinds, a text with named places, or a function
of the event where one text won't do:

    word("work_item.held", _("%(actor)s put it on hold: %(reason)s"))
"""

from collections.abc import Callable
from typing import Any

import structlog
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from .models import Event

log = structlog.get_logger("controlroom.events")

Wording = str | Promise | Callable[[Event], str]
_wordings: dict[str, Wording] = {}


def word(kind: str, wording: Wording) -> None:
    """Register how events of `kind` read. Texts know `actor` and the keys of the event's data."""
    _wordings[kind] = wording


def known_sorts() -> list[str]:
    """Return what there are events of: queue, person, trigger…"""
    return sorted({kind.partition(".")[0] for kind in _wordings})


def sentence_of(event: Event) -> str:
    """Return what happened as plain text in the active language; never raises."""
    wording = _wordings.get(event.kind)
    try:
        if wording is None:
            return _plain(event)
        if callable(wording) and not isinstance(wording, Promise):
            return wording(event)
        return str(wording) % _Places(event.data, actor=event.actor_name)
    except Exception:
        log.exception("event_not_worded", kind=event.kind)
        return _plain(event)


def _plain(event: Event) -> str:
    subject, _dot, verb = event.kind.replace("_", " ").rpartition(".")
    what = f"{subject} {verb}".strip()
    return _("%(actor)s: %(what)s") % {"actor": event.actor_name, "what": what}


class _Places(dict[str, Any]):
    """Old events may lack what today's wording names: a dash stands there."""

    def __missing__(self, key: str) -> str:
        return "–"
