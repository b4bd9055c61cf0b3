"""When an application that fails is left alone, and when it is tried again. Pure: counts in,
verdict out.

    closed ──(too large a share failed)──> open ──(rest over)──> probing
      ^                                     ^                       │
      └────────── enough tries went well ───┼───────────────────────┤
                                            └────── one failed ─────┘

Only failures of the system count; that data are wrong says nothing about the application.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

State = Literal["closed", "open", "probing"]
# counts_from, probe_at
Since = tuple[datetime | None, datetime | None]
Reason = Literal["", "failures", "probe", "rest_over", "well", "off"]

# An application that fails again and again is tried less and less often, up to this
MAX_REST_SECONDS = 3_600
MAX_DOUBLINGS = 12  # more than 3 600 times the shortest rest


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The breaker as people set it."""

    is_on: bool = True
    failure_share: float = 0.5
    min_calls: int = 10
    open_seconds: int = 60
    probes: int = 3


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Where it stands; of one that is open, `probe_at` is when the rest is over."""

    state: State = "closed"
    opened_at: datetime | None = None
    probe_at: datetime | None = None
    times_opened: int = 0


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What tries came to: within the window and since `counts_from`, and since `probe_at`.

    `since`: these two as they were when it was counted; None: nobody said.
    """

    n: int = 0
    n_failed: int = 0
    n_successful_probes: int = 0
    n_failed_probes: int = 0
    since: "Since | None" = None

    def __add__(self, other: "Seen") -> "Seen":
        """Return both together, counted since what the first was."""
        return Seen(
            n=self.n + other.n,
            n_failed=self.n_failed + other.n_failed,
            n_successful_probes=self.n_successful_probes + other.n_successful_probes,
            n_failed_probes=self.n_failed_probes + other.n_failed_probes,
            since=self.since,
        )


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """How it stands now, and why that is another than before; "" when nothing changes."""

    standing: Standing
    because: Reason = ""

    @property
    def is_change(self) -> bool:
        return self.because != ""


def judge(standing: Standing, settings: Settings, seen: Seen, now: datetime) -> Verdict:
    """Say where the breaker stands after what was seen."""
    if not settings.is_on:
        is_closed = standing.state == "closed"
        return Verdict(standing=Standing(), because="" if is_closed else "off")
    if standing.state == "closed":
        return _judge_closed(standing, settings, seen, now)
    if standing.state == "open" and not is_rest_over(standing, now):
        return Verdict(standing=standing)
    return _judge_probing(standing, settings, seen, now)


def is_rest_over(standing: Standing, now: datetime) -> bool:
    return standing.probe_at is not None and standing.probe_at <= now


def rest_seconds(open_seconds: int, times_opened: int) -> int:
    """Return how long it rests when it opens for the `times_opened`-th time in a row."""
    doublings = min(max(times_opened - 1, 0), MAX_DOUBLINGS)
    return min(open_seconds << doublings, MAX_REST_SECONDS)


def _judge_closed(standing: Standing, settings: Settings, seen: Seen, now: datetime) -> Verdict:
    is_enough = seen.n >= settings.min_calls and seen.n_failed > 0
    if is_enough and seen.n_failed >= settings.failure_share * seen.n:
        return Verdict(standing=_opened(standing, settings, now), because="failures")
    return Verdict(standing=standing)


def _judge_probing(standing: Standing, settings: Settings, seen: Seen, now: datetime) -> Verdict:
    if seen.n_failed_probes > 0:
        return Verdict(standing=_opened(standing, settings, now), because="probe")
    if seen.n_successful_probes >= settings.probes:
        return Verdict(standing=Standing(), because="well")
    if standing.state == "open":
        return Verdict(standing=replace(standing, state="probing"), because="rest_over")
    return Verdict(standing=standing)


def _opened(standing: Standing, settings: Settings, now: datetime) -> Standing:
    times = standing.times_opened + 1
    rest = timedelta(seconds=rest_seconds(settings.open_seconds, times))
    return Standing(state="open", opened_at=now, probe_at=now + rest, times_opened=times)
