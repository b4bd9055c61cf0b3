"""What came in for an event trigger, as its page shows it."""

from dataclasses import dataclass
from typing import Any, Final

import orjson
from django.utils.translation import gettext as _

from apps.lib.json import Json

from .models import Delivery, Firing, Trigger
from .presenting import moment, subject_url

Outcome = Delivery.Outcome
SHOWN: Final = 20
BADGES: Final = {
    Outcome.ACCEPTED: "done",
    Outcome.REFUSED: "failed",
    Outcome.DUPLICATE: "cancelled",
}


@dataclass(frozen=True)
class DeliveryRow:
    delivery: Delivery
    badge: str
    word: str
    when: str
    why: str
    # what it started, and its page
    started: str
    url: str


def deliveries_of(trigger: Trigger, zone: str) -> list[DeliveryRow]:
    """Return the last ones, newest first; without what came, which may be large."""
    rows = Delivery.objects.filter(trigger=trigger).select_related("firing").defer("body")
    return [delivery_row(each, zone) for each in rows[:SHOWN]]


def delivery_row(delivery: Delivery, zone: str) -> DeliveryRow:
    firing, outcome = delivery.firing, Outcome(delivery.outcome)
    badge, word = BADGES[outcome], str(outcome.label)
    why = [delivery.message] if delivery.message else []
    if outcome == Outcome.ACCEPTED and firing and firing.outcome != Firing.Outcome.FIRED:
        has_failed = firing.outcome == Firing.Outcome.FAILED
        badge, word = "failed" if has_failed else "waiting", str(firing.get_outcome_display())
        why += [part for part in (firing.get_reason_display(), firing.message) if part]
    if delivery.again_of_id:
        why.append(_("delivered again by %(who)s") % {"who": delivery.by or "–"})
    return DeliveryRow(
        delivery=delivery,
        badge=badge,
        word=word,
        when=moment(delivery.received_at, zone),
        why=": ".join(map(str, why)),
        started=firing.label if firing else "",
        url=subject_url(firing) if firing else "",
    )


def body_shown(delivery: Delivery) -> str:
    """Return what came as people read it: JSON a value a line, else the text as it is."""
    text = bytes(delivery.body).decode(errors="replace")
    try:
        found: Json = orjson.loads(text)
    except orjson.JSONDecodeError:
        return text
    return orjson.dumps(found, option=orjson.OPT_INDENT_2).decode()


def headers_shown(delivery: Delivery) -> list[tuple[str, Any]]:
    return sorted((str(name), value) for name, value in delivery.headers.items())
