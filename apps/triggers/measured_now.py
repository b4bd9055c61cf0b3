"""What a trigger goes by, as it stands now, for programs. Starts nothing."""

from dataclasses import replace

from apps.lib.clock import database_now
from apps.lib.json import Json, JsonObject

from .conditions import judge, parse_expected, parse_queue, parse_state
from .deciding import Backlog, QueueSeen, decide_queue
from .lifecycle.starting import subjects_under_way
from .models import Trigger
from .rule_fields import zone_or_utc
from .watching import TOLD_UP_TO, Arrival, backlogs_of, measure, n_arrived

Kind = Trigger.Kind


def measured_now(trigger: Trigger) -> JsonObject:
    """Return `{holds, conditions, would_start}`; null where the trigger's kind has no such thing.

    Raises DomainError where that can't be worked out any more, or nobody can tell.
    """
    measures = {Kind.QUEUE: _queue, Kind.STATE: _state, Kind.EXPECTED: _expected}
    found: JsonObject = {"holds": None, "conditions": [], "would_start": None}
    kind = Kind(trigger.kind)
    return {**found, **measures[kind](trigger)} if kind in measures else found


def _queue(trigger: Trigger) -> JsonObject:
    rule = parse_queue(trigger.rule)
    found = backlogs_of([(trigger.folder_id, rule)], count_to=TOLD_UP_TO)
    backlog = found.get((trigger.folder_id, rule.queue), Backlog())
    seen = QueueSeen.stored(trigger.seen)
    alive = subjects_under_way(seen.active)
    seen = replace(seen, active=tuple(each for each in seen.active if each in alive))
    verdict = decide_queue(rule, backlog, seen, database_now())
    values: dict[str, Json] = {"ready": backlog.n, "under_way": len(verdict.seen.active)}
    if rule.oldest_seconds is not None:
        values["oldest_seconds"] = backlog.oldest_seconds
    if rule.due_within_seconds is not None:
        values["due_in_seconds"] = backlog.due_in_seconds
    conditions: list[Json] = [
        {"condition": {"metric": name, "queue": rule.queue}, "value": value, "holds": None}
        for name, value in values.items()
    ]
    holds = verdict.n_wanted > 0
    return {"holds": holds, "conditions": conditions, "would_start": verdict.n}


def _state(trigger: Trigger) -> JsonObject:
    rule = parse_state(trigger.rule)
    measured = measure(rule.facts(trigger.folder_id))
    judged = judge(rule, trigger.folder_id, measured.facts, measured.at)
    return {"holds": judged.holds, "conditions": judged.as_json()}


def _expected(trigger: Trigger) -> JsonObject:
    """As if its time were now: it holds when what is expected is there."""
    expected, now = parse_expected(trigger.rule), database_now()
    zone = zone_or_utc(str(trigger.rule.get("zone") or ""))
    since = expected.begins(now, trigger.last_planned_at, zone)
    n = n_arrived(Arrival(folder_id=trigger.folder_id, expected=expected, since=since, until=now))
    holds = n >= expected.at_least
    condition: JsonObject = {"expects": trigger.rule.get("expects"), "since": since.isoformat()}
    conditions: list[Json] = [{"condition": condition, "value": n, "holds": holds}]
    return {"holds": holds, "conditions": conditions, "would_start": 0 if holds else 1}
