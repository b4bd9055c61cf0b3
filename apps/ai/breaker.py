"""When a budget stops a model, and when it lets it try again. Pure: facts in, standing out.

    closed ──(too many errors, too slow, cost reached)──> open ──(pause over)──> half open
      ^                                                     ^                        │
      └───────────────── the one call went well ────────────┼────────────────────────┤
                                                            └──── it did not ────────┘

Costs are checked before a call, with what it may cost at most, so that a limit is kept and not
only noticed. Errors and times are checked when a call ends.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal

State = Literal["closed", "open", "half_open"]
Reason = Literal["", "errors", "slow", "cost_day", "cost_month", "trying", "reserved"]

# A model that fails again and again is asked less and less often, up to this
MAX_PAUSE_SECONDS = 3_600
# How much longer than its own limit a trial call may take before another one may try
PROBE_GRACE_SECONDS = 30


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a budget allows; None: anything."""

    cost_per_day: Decimal | None = None
    cost_per_month: Decimal | None = None
    error_share: float | None = None
    p95_seconds: float | None = None
    min_calls: int = 5
    pause_seconds: int = 60


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Where a budget stands."""

    state: State = "closed"
    because: Reason = ""
    opened_at: datetime | None = None
    retry_at: datetime | None = None
    probe_until: datetime | None = None
    n_stops: int = 0
    counts_from: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What the calls under the budget did: within its window, and what they cost."""

    now: datetime
    n_calls: int = 0
    n_errors: int = 0
    p95_seconds: float | None = None
    cost_today: Decimal = Decimal(0)
    cost_month: Decimal = Decimal(0)
    cost_running: Decimal = Decimal(0)  # of what is under way, at its most
    next_day: datetime | None = None
    next_month: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Admission:
    """Whether a call may go out, as what, and how the budget stands then."""

    is_allowed: bool
    standing: Standing
    is_probe: bool = False
    because: Reason = ""


def admit(
    limits: Limits, standing: Standing, seen: Seen, *, cost: Decimal, seconds: float
) -> Admission:
    """Judge a call that may cost `cost` and take `seconds` at most."""
    if standing.state == "open" and not _is_over(standing.retry_at, seen.now):
        return Admission(is_allowed=False, standing=standing, because=standing.because)
    if standing.state == "half_open" and not _is_over(standing.probe_until, seen.now):
        return Admission(is_allowed=False, standing=standing, because="trying")
    reached = _cost_reached(limits, seen, cost)
    if reached:
        stopped = _stopped_for_cost(standing, seen, reached)
        return Admission(is_allowed=False, standing=stopped, because=reached)
    if _cost_reached(limits, seen, cost + seen.cost_running):
        # what runs will cost less than it may: no reason to stop for the rest of the day
        return Admission(is_allowed=False, standing=standing, because="reserved")
    return _let_through(standing, seen, seconds)


def _let_through(standing: Standing, seen: Seen, seconds: float) -> Admission:
    if standing.state == "closed":
        return Admission(is_allowed=True, standing=standing)
    if standing.because in ("cost_day", "cost_month"):
        # the day is over: money is no sign that the model is ill
        return Admission(is_allowed=True, standing=Standing(counts_from=standing.counts_from))
    until = seen.now + timedelta(seconds=seconds + PROBE_GRACE_SECONDS)
    trying = replace(standing, state="half_open", probe_until=until)
    return Admission(is_allowed=True, standing=trying, is_probe=True)


def settle(
    limits: Limits, standing: Standing, seen: Seen, *, is_ok: bool, seconds: float, is_probe: bool
) -> Standing:
    """Return how the budget stands after a call ended; `seen` counts it."""
    if is_probe and standing.state == "half_open":
        if is_ok and not _is_slow(limits, seconds):
            return Standing(counts_from=seen.now)
        return _stopped(limits, standing, seen, "slow" if is_ok else "errors")
    if standing.state != "closed" or seen.n_calls < limits.min_calls:
        return standing
    if limits.error_share is not None and seen.n_errors >= limits.error_share * seen.n_calls:
        return _stopped(limits, standing, seen, "errors")
    if seen.p95_seconds is not None and _is_slow(limits, seen.p95_seconds):
        return _stopped(limits, standing, seen, "slow")
    return standing


def _is_over(moment: datetime | None, now: datetime) -> bool:
    return moment is not None and moment <= now


def _is_slow(limits: Limits, seconds: float) -> bool:
    return limits.p95_seconds is not None and seconds > limits.p95_seconds


def _cost_reached(limits: Limits, seen: Seen, cost: Decimal) -> Reason:
    if limits.cost_per_month is not None and seen.cost_month + cost > limits.cost_per_month:
        return "cost_month"
    if limits.cost_per_day is not None and seen.cost_today + cost > limits.cost_per_day:
        return "cost_day"
    return ""


def _stopped_for_cost(standing: Standing, seen: Seen, reason: Reason) -> Standing:
    until = seen.next_month if reason == "cost_month" else seen.next_day
    return replace(
        standing,
        state="open",
        because=reason,
        opened_at=seen.now,
        retry_at=until,
        probe_until=None,
    )


def _stopped(limits: Limits, standing: Standing, seen: Seen, reason: Reason) -> Standing:
    pause = min(limits.pause_seconds * 2**standing.n_stops, MAX_PAUSE_SECONDS)
    return Standing(
        state="open",
        because=reason,
        opened_at=seen.now,
        retry_at=seen.now + timedelta(seconds=pause),
        n_stops=standing.n_stops + 1,
        counts_from=standing.counts_from,
    )
