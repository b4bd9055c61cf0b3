"""Events of the control room itself reach the triggers that listen to them."""

import structlog

from apps.events.bus import News
from apps.lib.json import JsonObject
from apps.triggers.lifecycle.causing import cause_of
from apps.triggers.models import Delivery, Trigger
from apps.workflows.lifecycle.running import concerns_all

from .accepting import Incoming, accept
from .happenings import HEARD, Happened, happened

log = structlog.get_logger("controlroom.triggers")


def hear(news: News) -> int:
    """Start what listens to this news; return how many triggers did. Safe to be told twice."""
    listening = _listening(news)
    if not listening:
        return 0
    told = happened(news)
    return sum(_hear(each, trigger) for trigger in listening for each in told)


def _listening(news: News) -> list[Trigger]:
    """Return the triggers that may be meant; of most news there is none, which costs a look at a
    small index."""
    rows = Trigger.objects.filter(
        kind=Trigger.Kind.EVENT,
        status=Trigger.Status.ENABLED,
        rule__source="internal",
    )
    if news.folder_id is not None:
        rows = rows.filter(folder=news.folder_id)
    names = set(HEARD.get(news.kind, ()))
    # in order, so that two who hear the same lock their triggers in the same one
    return [each for each in rows.order_by("pk") if names & _names(each)]


def _hear(what: Happened, trigger: Trigger) -> bool:
    name = next((name for name in what.names if name in _names(trigger)), "")
    wanted = str(trigger.rule.get("of") or "")
    if not name or what.folder_id != trigger.folder_id or wanted not in ("", what.key):
        return False
    incoming = Incoming(
        source=Delivery.Source.INTERNAL,
        occasion=what.occasion,
        event=what.event_for(name),
        caused_by=cause_of(*what.subject),
    )
    return _accepted(trigger, incoming)


def _accepted(trigger: Trigger, incoming: Incoming) -> bool:
    """A trigger that is gone meanwhile, or a fault of one, keeps the others from nothing."""
    try:
        return accept(trigger.pk, incoming).outcome == Delivery.Outcome.ACCEPTED
    except Exception as error:
        if concerns_all(error):
            raise
        log.exception("trigger_could_not_hear", trigger=trigger.pk)
        return False


def _names(trigger: Trigger) -> set[str]:
    rule: JsonObject = trigger.rule
    events = rule.get("events")
    return {str(each) for each in events} if isinstance(events, list) else set()
