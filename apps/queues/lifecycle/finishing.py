"""Handing results in.

What went well, and what is given back, takes one statement, fused with leasing. What needs a
decision takes a transaction: lock the leases, decide in Python, move all in one statement. So does
what that first statement refused, since only a second look tells why.
"""

import random
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

import orjson
from django.db import transaction
from django.utils.translation import gettext as _

from apps.bots.logs import storable_text
from apps.events import bus
from apps.lib.actors import SYSTEM
from apps.lib.errors import DomainError, FieldProblem, InvalidError
from apps.lib.json import check_json
from apps.queues import engine
from apps.queues.models import Attempt, WorkQueue
from apps.queues.statements import LOCK_HELD, LOOK_UP, OPEN_EFFECTS, SETTLE

from .feeding import feed_after
from .gating import Gates
from .judging import MAX_CLASS, MAX_CODE, MAX_MESSAGE, as_judged
from .leasing import NO_RESULTS, exchange, want_of
from .queues import pause_by_rule
from .running import array_text, quoted_array_text, run, tell_moved
from .values import Finished, Hold, LeasedItem, Refusal, Result, Turn, Wanted

Outcome = Attempt.Outcome
Key = tuple[int, UUID]

HOT_OUTCOMES = frozenset({Outcome.SUCCESSFUL, Outcome.RELEASED})
FAILURES: dict[str, engine.FailureKind] = {
    Outcome.BUSINESS_EXCEPTION: "business",
    Outcome.APPLICATION_EXCEPTION: "application",
}
MAX_DETAIL = 100_000


def finish_items(results: Sequence[Result]) -> Finished:
    """End these tries; each either takes effect or is refused with its reason."""
    return take_turn(results).finished


def finish_and_lease(
    results: Sequence[Result],
    *,
    queue_id: int,
    n: int,
    bot: str,
    run_id: int | None = None,
    lease_seconds: int | None = None,
) -> tuple[Finished, list[LeasedItem]]:
    """End these tries and lease up to `n` items of the queue; see `take_turn`."""
    wanted = Wanted(queue_id=queue_id, n=n, bot=bot, run_id=run_id, lease_seconds=lease_seconds)
    turn = take_turn(results, wanted)
    return turn.finished, turn.leased


def take_turn(results: Sequence[Result], wanted: Wanted | None = None) -> Turn:
    """End these tries, then lease what is wanted, if anything.

    Decisions come first, so that nothing is leased to somebody whose results failed. Raises
    InvalidError for an output that can't be stored; then nothing is finished or leased.
    """
    given = _given_once(results)
    hot, cold = _divided(given.values())
    values = result_arrays(hot) if hot else NO_RESULTS
    answers = settle_results(cold)
    leased: list[LeasedItem] = []
    hold: Hold | None = None
    if hot or wanted is not None:
        report, leased = exchange(values, want_of(wanted))
        hold = report["hold"]
        done = set(report["finished"])
        _tell(report, [result.id for result in hot], leased, wanted.queue_id if wanted else None)
        if len(done) == len(results):  # all went well, as nearly always
            return Turn(Finished([result.id for result in results]), leased, hold)
        answers |= {_key(result): None for result in hot if result.id in done}
        answers |= settle_results([result for result in hot if result.id not in done])
    return Turn(_finished(results, given, answers), leased, hold)


@transaction.atomic
def settle_results(results: Sequence[Result]) -> dict[Key, str | None]:
    """Decide about results one by one, and move all that are held; return why each was refused."""
    if not results:
        return {}
    asked = {_key(result): result for result in as_judged(results)}
    rows = run(LOCK_HELD, _keys(asked))
    held = {(row[0], row[2]): row for row in rows}
    settle_leases(rows, {key: asked[key] for key in held})
    missed = [result for key, result in asked.items() if key not in held]
    return {**dict.fromkeys(held), **_reasons(missed)}


def settle_leases(rows: Iterable[tuple[Any, ...]], results: dict[Key, Result]) -> None:
    """Move the locked leases `rows` (see LOCK_HELD); whoever has no result was lost."""
    rows = list(rows)
    if not rows:
        return
    uncertain = {row[0] for row in run(OPEN_EFFECTS, {"ids": [row[0] for row in rows]})}
    queues = WorkQueue.objects.in_bulk({row[1] for row in rows})
    policies = {queue.pk: policy_of(queue) for queue in queues.values()}
    asking = [key[0] for key, result in results.items() if result.predictions is not None]
    gates = Gates(rows, asking, queues)
    verdicts, pauses = [], dict[int, str]()
    for row in rows:
        item_id, queue_id, token, bot = row[0], row[1], row[2], row[8]
        result = results.get((item_id, token)) or _lost(item_id, token, bot)
        result, is_doubtful = gates.judge(row, result)
        standing = _standing(row, has_open_effects=item_id in uncertain)
        policy = _policy_for(row, policies[queue_id])
        verdict = _decide(policy, standing, result, is_doubtful=is_doubtful)
        if verdict.pauses_queue:
            pauses.setdefault(queue_id, result.message or result.code)
        verdicts.append(_row(verdict, result))
    for queue_id in sorted(pauses):  # in one order, so that two calls can't deadlock
        pause_by_rule(queues[queue_id], reason=pauses[queue_id], by=SYSTEM)
    moved = run(SETTLE, {"verdicts": orjson.dumps(verdicts).decode()})
    gates.keep()
    refilled = {queue_id for _item, queue_id, goes in moved if goes == "ready"}
    owned = {row[0] for row in rows if row[9] is not None}
    if any(goes == "parked" or (goes == "ended" and item in owned) for item, _q, goes in moved):
        bus.ring()
    tell_moved(queues, [row[0] for row in moved], refilled=refilled)
    feed_after(results.values(), queues)


def _standing(row: tuple[Any, ...], *, has_open_effects: bool) -> engine.Standing:
    _item, _queue, _token, _attempt, tries, losses, alone, stays_alone, _bot, _own = row
    return engine.Standing(
        tries=tries,
        losses=losses,
        alone=alone,
        stays_alone=stays_alone,
        has_open_effects=has_open_effects,
    )


def _policy_for(row: tuple[Any, ...], policy: engine.Policy) -> engine.Policy:
    """What the step says that owns the item counts before what its queue says."""
    own = row[9]
    return policy if own is None else engine.owned_policy(policy, orjson.loads(own))


def policy_of(queue: WorkQueue) -> engine.Policy:
    """Return what the queue says about failures."""
    return engine.Policy(
        retry=engine.Retry(
            delay_seconds=queue.retry_delay_seconds,
            backoff="fixed" if queue.retry_backoff == "fixed" else "exponential",
            max_attempts=queue.max_attempts,
        ),
        on_business_exception="fail" if queue.on_business_exception == "fail" else "inbox",
        on_exhausted="fail" if queue.on_exhausted == "fail" else "inbox",
        rules=engine.read_rules(queue.error_rules),
    )


def _decide(
    policy: engine.Policy, standing: engine.Standing, result: Result, *, is_doubtful: bool
) -> engine.Verdict:
    if result.outcome in FAILURES:
        failure = engine.Failure(
            kind=FAILURES[result.outcome],
            code=result.code,
            error_class=result.error_class,
            retry_at=result.available_at,
        )
        return engine.decide_failure(policy, standing, failure, random=random.random)
    if result.outcome == Outcome.LOST:
        return engine.decide_loss(policy, standing)
    if result.outcome == Outcome.RELEASED:
        return engine.decide_release(standing, available_at=result.available_at)
    if result.outcome == Outcome.ASKED:
        return engine.decide_question(standing)
    return engine.decide_success(standing, is_doubtful=is_doubtful)


def _row(verdict: engine.Verdict, result: Result) -> dict[str, Any]:
    """Return what SETTLE wants to know of one item."""
    return {
        "item_id": result.id,
        "token": result.token,
        "outcome": result.outcome,
        "output": orjson.Fragment(_dumped(result) or "null"),
        "code": storable_text(result.code)[:MAX_CODE],
        "message": storable_text(result.message, MAX_MESSAGE),
        "error_class": storable_text(result.error_class)[:MAX_CLASS],
        "detail": storable_text(result.detail, MAX_DETAIL),
        "goes": verdict.goes,
        "status": verdict.status,
        "cause": verdict.cause,
        "tries": verdict.tries,
        "losses": verdict.losses,
        "alone": verdict.alone,
        "available_at": verdict.available_at,
        "delay_seconds": verdict.delay_seconds,
    }


def _reasons(missed: Sequence[Result]) -> dict[Key, str | None]:
    """Return why these results were refused, None for those that were handed in before."""
    reasons: dict[Key, str | None] = {}
    if missed:
        asked = {_key(result): result for result in missed}
        looked_up = run(LOOK_UP, _keys(asked))
        for (item_id, is_known, outcome), result in zip(looked_up, missed, strict=True):
            assert item_id == result.id
            reasons[_key(result)] = _reason(result, outcome, is_known=is_known)
    return reasons


def _reason(result: Result, outcome: str | None, *, is_known: bool) -> str | None:
    if outcome == result.outcome:
        return None
    elif outcome is not None and outcome != Outcome.LOST:
        return "already_finished"
    else:
        return "lease_lost" if is_known else "unknown"


def _given_once(results: Sequence[Result]) -> dict[Key, Result]:
    """Keep the first result of each lease."""
    given: dict[Key, Result] = {}
    for result in results:
        given.setdefault(_key(result), result)
    return given


def _finished(
    results: Sequence[Result], given: dict[Key, Result], answers: dict[Key, str | None]
) -> Finished:
    """Answer each result as it was sent, repetitions and contradictions included."""
    finished: dict[int, None] = {}
    refused: list[Refusal] = []
    for result in results:
        reason = answers[_key(result)]
        if reason is None and given[_key(result)].outcome != result.outcome:
            reason = "already_finished"
        if reason is None:
            finished[result.id] = None
        else:
            refused.append(Refusal(result.id, reason))  # type: ignore[arg-type]
    return Finished(finished=list(finished), refused=refused)


def _divided(given: Iterable[Result]) -> tuple[list[Result], list[Result]]:
    """Return what one statement can finish, and what needs a decision.

    The statement reports by item, so it gets one lease of each: a stale one beside it would pass.
    """
    hot: dict[int, Result] = {}
    cold = []
    for result in given:
        if is_hot(result) and result.id not in hot:
            hot[result.id] = result
        else:
            cold.append(result)
    return list(hot.values()), cold


def is_hot(result: Result) -> bool:
    """Whether one statement can finish it: it went well or is given back, and nothing was read."""
    return result.outcome in HOT_OUTCOMES and result.predictions is None


def result_arrays(results: Sequence[Result]) -> dict[str, str]:
    """Return the results as the parameters of FINISH_AND_LEASE."""
    return {
        "ids": array_text([result.id for result in results]),
        "tokens": array_text([result.token for result in results]),
        "outcomes": array_text([Outcome(result.outcome).value for result in results]),
        "outputs": quoted_array_text([_dumped(result) for result in results]),
        "available_at": quoted_array_text([_moment(result) for result in results]),
    }


def _moment(result: Result) -> str | None:
    return None if result.available_at is None else result.available_at.isoformat()


def _dumped(result: Result) -> str | None:
    """Return the output as JSON text; raises InvalidError if PostgreSQL could not store it."""
    output = result.output if result.question is None else {"question": result.question}
    if output is None:
        return None
    try:
        text = orjson.dumps(output).decode()
        if "\\u0000" in text:
            check_json(output)
    except (TypeError, DomainError) as error:
        problem = FieldProblem("output", _("can't be stored as JSON: %(why)s") % {"why": error})
        message = _("The output of item %(id)d %(problem)s.")
        values = {"id": result.id, "problem": problem.message}
        raise InvalidError(message % values, fields=[problem]) from None
    return text


def _tell(
    report: dict[str, Any], item_ids: list[int], leased: list[LeasedItem], queue_id: int | None
) -> None:
    queues = set(report["queues"])
    if leased and queue_id is not None:
        queues.add(queue_id)
    tell_moved(queues, [*item_ids, *(item.id for item in leased)], refilled=report["refilled"])
    if report["has_told"]:
        bus.ring()


def _lost(item_id: int, token: UUID, bot: str) -> Result:
    message = _("%(bot)s stopped answering.") % {"bot": bot}
    return Result(item_id, token, Outcome.LOST, message=message)


def _key(result: Result) -> Key:
    return result.id, result.token


def _keys(asked: dict[Key, Result]) -> dict[str, list[Any]]:
    return {"ids": [key[0] for key in asked], "tokens": [key[1] for key in asked]}
