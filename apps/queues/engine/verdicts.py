"""What becomes of an item whose try did not succeed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from .retries import Backoff, Retry, retry_delay
from .rules import ErrorRule, FailureKind, read_rules

# An item that was lost this often while nothing else was leased beside it is the cause itself.
LOSS_LIMIT = 3

WhenStuck = Literal["inbox", "fail"]
Goes = Literal["ready", "scheduled", "parked", "ended"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What a queue says about failures."""

    retry: Retry
    on_business_exception: WhenStuck = "inbox"
    on_exhausted: WhenStuck = "inbox"
    rules: tuple[ErrorRule, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What is known of the leased item; `tries` and `losses` are those before this try.

    `alone`: nothing was leased beside it. `stays_alone`: since it had been lost before.
    """

    tries: int
    losses: int
    alone: bool
    stays_alone: bool = False
    has_open_effects: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """What the bot reported. `retry_at` is the moment that it asked for, if it did."""

    kind: FailureKind
    code: str = ""
    error_class: str = ""
    retry_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Where the item goes. `status` and `cause` are those of the place it goes to."""

    goes: Goes
    tries: int
    losses: int
    alone: bool = False
    status: str = ""
    cause: str = ""
    delay_seconds: float = 0.0
    available_at: datetime | None = None
    pauses_queue: bool = False


def owned_policy(queue: Policy, own: Mapping[str, Any]) -> Policy:
    """Return what holds for an item whose owner says `own` about failures (see OwnerPolicy).

    Of the queue's rules only those remain that pause it: they are about the queue, not the item.
    """
    retry = Retry(
        delay_seconds=_either(own.get("delay_seconds"), queue.retry.delay_seconds),
        backoff=_either(own.get("backoff"), queue.retry.backoff),
        max_attempts=_either(own.get("max_attempts"), queue.retry.max_attempts),
    )
    pausing = tuple(rule for rule in queue.rules if rule.action == "pause_queue")
    return Policy(
        retry=retry,
        on_business_exception="fail",
        on_exhausted="fail",
        rules=(*read_rules(own.get("rules")), *pausing),
    )


def decide_failure(
    policy: Policy, standing: Standing, failure: Failure, *, random: Callable[[], float]
) -> Verdict:
    """Return what an exception leads to: the first rule that matches, else what the queue says.

    Whether an effect happened comes before everything that would try again, or end the item.
    """
    tries = standing.tries + 1
    rule = _first_match(policy.rules, failure, tries=tries)
    verdict = _by_policy(policy, standing, failure, rule, random=random)
    asks_anyway = failure.kind == "business" and verdict.goes == "parked"
    if standing.has_open_effects and not asks_anyway:
        return _parked(standing, "effect_unknown", tries=tries)
    return verdict


def decide_loss(policy: Policy, standing: Standing) -> Verdict:
    """Return what happens to an item whose bot stopped answering.

    It goes back at once, to be leased alone; only losses while alone count against the limit.
    """
    losses = standing.losses + (1 if standing.alone else 0)
    if standing.has_open_effects:
        return _parked(standing, "effect_unknown", losses=losses)
    if losses >= LOSS_LIMIT:
        return _stuck(standing, policy.on_exhausted, cause="lost", losses=losses)
    return Verdict(goes="ready", tries=standing.tries, losses=losses, alone=True)


def decide_release(standing: Standing, *, available_at: datetime | None) -> Verdict:
    """Return what happens to an item that is given back: nothing counts against it."""
    if standing.has_open_effects:
        return _parked(standing, "effect_unknown")
    return Verdict(
        goes="ready" if available_at is None else "scheduled",
        tries=standing.tries,
        losses=standing.losses,
        alone=standing.stays_alone,
        available_at=available_at,
    )


def decide_success(standing: Standing, *, is_doubtful: bool = False) -> Verdict:
    """Return what happens to an item that was worked; `is_doubtful`: a gate asks a person first."""
    if is_doubtful:
        return _parked(standing, "low_confidence")
    return _ended(standing, "successful")


def decide_question(standing: Standing) -> Verdict:
    """Return what happens to an item whose automation asks a person: nothing counts against it."""
    if standing.has_open_effects:
        return _parked(standing, "effect_unknown")
    return _parked(standing, "asked")


def _either(own: Any, usual: Any) -> Any:
    return usual if own is None else own


def _first_match(rules: tuple[ErrorRule, ...], failure: Failure, *, tries: int) -> ErrorRule | None:
    for rule in rules:
        if rule.matches(
            kind=failure.kind, code=failure.code, error_class=failure.error_class, tries=tries
        ):
            return rule
    return None


def _by_policy(
    policy: Policy,
    standing: Standing,
    failure: Failure,
    rule: ErrorRule | None,
    *,
    random: Callable[[], float],
) -> Verdict:
    if rule is not None:
        return _by_rule(rule, policy, standing, failure, random=random)
    if failure.kind == "business":
        return _stuck(
            standing,
            policy.on_business_exception,
            cause="business_exception",
            tries=standing.tries + 1,
        )
    return _retried(policy.retry, policy, standing, failure, random=random)


def _by_rule(
    rule: ErrorRule,
    policy: Policy,
    standing: Standing,
    failure: Failure,
    *,
    random: Callable[[], float],
) -> Verdict:
    tries = standing.tries + 1
    if rule.action == "retry":
        return _retried(_retry_of(rule, policy.retry), policy, standing, failure, random=random)
    if rule.action == "pause_queue":
        # The fault is not the item's: its try does not count, it waits in its old place.
        return Verdict(
            goes="ready", tries=standing.tries, losses=standing.losses, pauses_queue=True
        )
    if rule.action == "person":
        return _parked(standing, "rule", tries=tries)
    return _ended(standing, "skipped" if rule.action == "skip" else "failed", tries=tries)


def _retry_of(rule: ErrorRule, usual: Retry) -> Retry:
    backoff: Backoff = rule.backoff or usual.backoff
    delay = usual.delay_seconds if rule.delay_seconds is None else rule.delay_seconds
    return Retry(
        delay_seconds=delay, backoff=backoff, max_attempts=rule.max_attempts or usual.max_attempts
    )


def _retried(
    retry: Retry,
    policy: Policy,
    standing: Standing,
    failure: Failure,
    *,
    random: Callable[[], float],
) -> Verdict:
    tries = standing.tries + 1
    if tries >= retry.max_attempts:
        return _stuck(standing, policy.on_exhausted, cause="exhausted", tries=tries)
    delay = 0.0
    if failure.retry_at is None:
        delay = retry_delay(retry, tries=tries, random=random)
    return Verdict(
        goes="scheduled" if delay or failure.retry_at else "ready",
        tries=tries,
        losses=standing.losses,
        delay_seconds=delay,
        available_at=failure.retry_at,
    )


def _stuck(
    standing: Standing,
    when_stuck: WhenStuck,
    *,
    cause: str,
    tries: int | None = None,
    losses: int | None = None,
) -> Verdict:
    if when_stuck == "inbox":
        return _parked(standing, cause, tries=tries, losses=losses)
    return _ended(standing, "failed", tries=tries, losses=losses)


def _parked(
    standing: Standing, cause: str, *, tries: int | None = None, losses: int | None = None
) -> Verdict:
    return Verdict(
        goes="parked",
        status="needs_decision",
        cause=cause,
        tries=standing.tries if tries is None else tries,
        losses=standing.losses if losses is None else losses,
    )


def _ended(
    standing: Standing, status: str, *, tries: int | None = None, losses: int | None = None
) -> Verdict:
    return Verdict(
        goes="ended",
        status=status,
        tries=standing.tries if tries is None else tries,
        losses=standing.losses if losses is None else losses,
    )
