"""All rules are looked at: what they are about is measured at once, and those alone move that must.

One scheduler looks at a time, whoever locks the one row of Watch first; the others have nothing to
add. What people do meanwhile wins: a rule moves only if it is what it was when it was read.
"""

import threading
from collections.abc import Sequence
from datetime import datetime
from time import monotonic
from typing import Any, Final

from django.db import connection, transaction
from django.db.models.functions import Now

from apps.alerts.conditions import Act, Verdict, decide, judge, parts_of
from apps.alerts.conditions.wording import condition_words, value_words
from apps.alerts.measuring import Measured, measure
from apps.alerts.models import Alert, AlertRule, Severity
from apps.lib.actors import SYSTEM

from .recording import record
from .watched import Watched, WatchedRules

# Nobody looks again so soon after somebody did
LEAST_SECONDS: Final = 2.0
# What begins or ends in one look; the others come with the next, so that it stays short
ACTS_AT_ONCE: Final = 200

TAKE: Final = """
select 1 from alerts_watch
 where looked_at is null or looked_at < clock_timestamp() - make_interval(secs => %s)
   for update skip locked
"""
MAKE: Final = """
insert into alerts_watch (is_only, n_rules, milliseconds, ping_error) values (true, 0, 0, '')
on conflict do nothing
"""
NOTE: Final = """
update alerts_watch set looked_at = clock_timestamp(), n_rules = %s, milliseconds = %s
"""
# Locked in order, so that nobody waits for anybody in a circle
MOVE: Final = """
with free as materialized (
    select r.id, v.phase, v.since
      from unnest(%(id)s::bigint[], %(version)s::int[], %(before)s::text[],
                  %(before_since)s::timestamptz[], %(phase)s::text[], %(since)s::timestamptz[])
           as v (id, version, before, before_since, phase, since)
      join alerts_alertrule r on r.id = v.id
     where r.status = 'on' and r.version = v.version and r.phase = v.before
       and r.phase_since is not distinct from v.before_since
     order by r.id for update of r skip locked
)
update alerts_alertrule r set phase = free.phase, phase_since = free.since
  from free where r.id = free.id
returning r.id
"""

Move = tuple[Watched, Verdict]


class _Known(threading.local):
    """What each thread has read of them."""

    def __init__(self) -> None:
        self.rules = WatchedRules()


_known = _Known()


def look(*, at_least_seconds: float = LEAST_SECONDS) -> int:
    """Judge all rules that are on; return how many moved. Nothing if somebody else just did."""
    make_watch()
    begun = monotonic()
    with transaction.atomic():
        if not _take(at_least_seconds):
            return 0
        watched = list(_known.rules.look())
        measured = measure({fact for each in watched for fact in each.facts})
        moves = _within_bounds(_moves(watched, measured))
        moved = _move(moves) if moves else set()
        _fire([each for each in moves if each[0].id in moved], measured)
        _resolve([each for each, verdict in moves if _ends(verdict) and each.id in moved])
        _note(len(watched), monotonic() - begun)
    return len(moved)


def _take(seconds: float) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(TAKE, [seconds])
        return cursor.fetchone() is not None


def _moves(watched: Sequence[Watched], measured: Measured) -> list[Move]:
    found = []
    for each in watched:
        holds = judge(
            each.rule, each.folder_id, measured.facts, measured.at, is_open=each.seen.is_open
        )
        verdict = decide(each.rule, each.seen, holds, measured.at)
        if verdict.seen != each.seen:
            found.append((each, verdict))
    return found


def _within_bounds(moves: list[Move]) -> list[Move]:
    acting = [each for each in moves if each[1].act is not Act.NOTHING]
    quiet = [each for each in moves if each[1].act is Act.NOTHING]
    return quiet + acting[:ACTS_AT_ONCE]


def _move(moves: Sequence[Move]) -> set[int]:
    """Write where these rules stand now; return those that nobody else has changed or holds."""
    columns: dict[str, Any] = {
        "id": [each.id for each, _verdict in moves],
        "version": [each.version for each, _verdict in moves],
        "before": [each.seen.phase for each, _verdict in moves],
        "before_since": [each.seen.since for each, _verdict in moves],
        "phase": [verdict.seen.phase for _each, verdict in moves],
        "since": [verdict.seen.since for _each, verdict in moves],
    }
    with connection.cursor() as cursor:
        cursor.execute(MOVE, columns)
        return {pk for (pk,) in cursor.fetchall()}


def _ends(verdict: Verdict) -> bool:
    return verdict.act is Act.RESOLVE


def _fire(moves: Sequence[Move], measured: Measured) -> None:
    """Open an alert for each of these rules that begins one; their rows are locked by us."""
    begun = {each.id: (each, verdict) for each, verdict in moves if verdict.act is Act.FIRE}
    if not begun:
        return
    rules = AlertRule.objects.filter(pk__in=begun).select_related("folder")
    open_ones = set(Alert.objects.open().filter(rule__in=begun).values_list("rule_id", flat=True))
    new = [_alert(rule, *begun[rule.pk], measured) for rule in rules if rule.pk not in open_ones]
    for alert in Alert.objects.bulk_create(new):
        record("fired", alert, SYSTEM, {"text": alert.text, "rule": alert.rule_id})


def _alert(rule: AlertRule, watched: Watched, verdict: Verdict, measured: Measured) -> Alert:
    parts = parts_of(watched.rule, watched.folder_id, measured.facts, measured.at)
    return Alert(
        folder_id=rule.folder_id,
        source=Alert.Source.RULE,
        source_key=f"rule:{rule.pk}",
        rule=rule,
        title=rule.title,
        text=_text(parts),
        severity=rule.severity,
        runbook_url=rule.runbook_url,
        group=rule.group,
        owner_id=rule.owner_id,
        team_id=rule.team_id,
        seen=[each.as_json() for each in parts],
        since=verdict.held_since or measured.at,
        fired_at=measured.at,
        is_to_tell=rule.severity != Severity.INFO,
    )


def _text(parts: Sequence[Any]) -> str:
    """Say what was so: each condition that held, with what was measured."""
    said = []
    for part in parts:
        if part.holds:
            metric = str(part.condition.test.as_json().get("metric") or "")
            words = condition_words(part.condition)
            is_number = isinstance(part.value, int | float) and not isinstance(part.value, bool)
            said.append(f"{words}: {value_words(metric, part.value)}" if is_number else words)
    return "\n".join(said)


def _resolve(over: Sequence[Watched]) -> None:
    """End the alerts of these rules."""
    if not over:
        return
    found = Alert.objects.open().filter(rule__in=[each.id for each in over])
    for alert in found.order_by("pk").select_for_update(of=("self",)):
        end_alert(alert, Alert.End.CLEARED)


def end_alert(alert: Alert, end: str, *, by: str = "", at: datetime | None = None) -> bool:
    """Resolve an open alert, and record it as of the control room; False if it is over already."""
    moved = (
        Alert.objects.open()
        .filter(pk=alert.pk)
        .update(
            status=Alert.Status.RESOLVED,
            resolved_at=at or Now(),
            resolved_by=by,
            end=end,
            snoozed_until=None,
            is_to_tell=False,
        )
    )
    if moved:
        record("ended", alert, SYSTEM, {"end": end})
    return bool(moved)


def calm(rule_ids: Sequence[int]) -> None:
    """Have these rules begin anew."""
    phase = AlertRule.Phase.CALM
    AlertRule.objects.filter(pk__in=rule_ids).update(phase=phase, phase_since=None)


def dismiss(rule_id: int) -> None:
    """Have a rule be silent until its conditions have ended; its alert was resolved by hand."""
    open_phases = [AlertRule.Phase.FIRING, AlertRule.Phase.CLEARING]
    AlertRule.objects.filter(pk=rule_id, phase__in=open_phases).update(
        phase=AlertRule.Phase.DISMISSED, phase_since=None
    )


def _note(n_rules: int, seconds: float) -> None:
    with connection.cursor() as cursor:
        cursor.execute(NOTE, [n_rules, round(seconds * 1000)])


def make_watch() -> None:
    """See to it that the one row is there."""
    with connection.cursor() as cursor:
        cursor.execute("select exists (select from alerts_watch)")
        if not cursor.fetchone()[0]:
            cursor.execute(MAKE)
