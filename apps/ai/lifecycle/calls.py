"""A call of a model: let through by its budgets, written down before and after."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Now

from apps.ai import breaker, stopping
from apps.ai.exceptions import ModelBusyError, ModelStoppedError
from apps.ai.models import Budget, ModelCall, ModelEndpoint, UsageDay
from apps.ai.seen import database_now, limits_of, seen_under, standing_of
from apps.events.live import nudge
from apps.lib.errors import DomainError

Outcome = ModelCall.Outcome

# Text that is kept of a question, and of an answer
MAX_TEXT = 40_000
MAX_ERROR = 500
# A running call that nobody has ended so long after its limit counts as lost
GRACE_SECONDS = 60
THOUSAND = Decimal(1_000)
MOST_RECORDED = 2**31 - 1
# of one call: a server may count as many tokens as it likes
MOST_COST = Decimal(1_000_000)


@dataclass(frozen=True, kw_only=True)
class Purpose:
    """What a call is for: the use that budgets know, and what is stored with it."""

    use: str
    item_id: int | None = None
    run_id: int | None = None
    agent_run_id: int | None = None
    prompt: str = ""
    prompt_version: str = ""


@dataclass(frozen=True, kw_only=True)
class Ending:
    """How a call ended."""

    outcome: str
    error: str = ""
    tokens_in: int = 0
    tokens_out: int = 0
    seconds: float = 0.0
    answered: str = ""


def begin_call(
    endpoint: ModelEndpoint,
    purpose: Purpose,
    *,
    asked: str,
    tokens_in: int,
    is_repair: bool = False,
) -> ModelCall:
    """Let a call through and write it down, with the most that it may cost.

    All budgets of the endpoint and the use are locked for a moment, so that calls of many
    processes can't overspend together. Raises ModelStoppedError when the model is stopped,
    ModelBusyError when what is under way may use up the budget.
    """
    most = cost_of(endpoint, tokens_in, endpoint.max_answer_tokens)
    with transaction.atomic():
        now = database_now()
        fresh = ModelEndpoint.objects.get(pk=endpoint.pk)
        refused: DomainError | None = stopping.by_person(fresh)
        is_probe = False
        if refused is None:
            refused, is_probe = _admit(fresh, purpose, now, most=most)
        if refused is None:
            return _begun(fresh, purpose, now, asked, most, is_repair=is_repair, is_probe=is_probe)
    # outside, so that what the refusal changed stays
    raise refused


def end_call(call: ModelCall, ending: Ending) -> None:
    """Write down how the call ended, and have its budgets judge. The second end does nothing."""
    endpoint = call.endpoint
    # even of an answer that never came, the question was read
    has_cost = ending.outcome != Outcome.REFUSED
    cost = cost_of(endpoint, ending.tokens_in, ending.tokens_out) if has_cost else Decimal(0)
    with transaction.atomic():
        budgets = _locked(endpoint, call.use)
        changed = ModelCall.objects.filter(pk=call.pk, outcome=Outcome.RUNNING).update(
            outcome=ending.outcome,
            error=_storable(ending.error)[:MAX_ERROR],
            tokens_in=min(ending.tokens_in, MOST_RECORDED),
            tokens_out=min(ending.tokens_out, MOST_RECORDED),
            seconds=ending.seconds,
            cost=cost,
            answered=_storable(ending.answered)[:MAX_TEXT],
        )
        if not changed:
            return
        _count(call, ending, cost)
        now = database_now()
        for budget in budgets:
            _settle(budget, call, ending, now)
    call.outcome, call.cost, call.error = ending.outcome, cost, ending.error
    nudge("ai", f"model_endpoint:{endpoint.pk}")


def give_up_lost_calls(limit: int = 200) -> int:
    """End calls whose process is gone; what they might have cost is taken as spent."""
    lost = ModelCall.objects.filter(outcome=Outcome.RUNNING, ends_by__lt=Now())
    n = 0
    for call in lost.select_related("endpoint").order_by("ends_by")[:limit]:
        with transaction.atomic():
            budgets = _locked(call.endpoint, call.use)
            changed = ModelCall.objects.filter(pk=call.pk, outcome=Outcome.RUNNING).update(
                outcome=Outcome.LOST
            )
            if changed:
                ending = Ending(outcome=Outcome.LOST)
                _count(call, ending, call.cost)
                now = database_now()
                for budget in budgets:
                    _settle(budget, call, ending, now)
                n += 1
    return n


def cost_of(endpoint: ModelEndpoint, tokens_in: int, tokens_out: int) -> Decimal:
    cost: Decimal = (endpoint.price_in * tokens_in + endpoint.price_out * tokens_out) / THOUSAND
    return min(cost, MOST_COST).quantize(Decimal("0.000001"))


def _admit(
    endpoint: ModelEndpoint, purpose: Purpose, now: Any, *, most: Decimal
) -> tuple[ModelStoppedError | ModelBusyError | None, bool]:
    """Ask each budget; return the refusal, if any, and whether the call is a trial."""
    judged = []
    for budget in _locked(endpoint, purpose.use):
        answer = breaker.admit(
            limits_of(budget),
            standing_of(budget),
            seen_under(budget, now),
            cost=most,
            seconds=endpoint.timeout_seconds,
        )
        judged.append((budget, answer))
    refused = [(budget, answer) for budget, answer in judged if not answer.is_allowed]
    # a budget that would try must not be left trying when another one refuses
    for budget, answer in refused or judged:
        _move(budget, answer.standing)
    if not refused:
        return None, any(answer.is_probe for _budget, answer in judged)
    hard = [pair for pair in refused if pair[1].because != "reserved"]
    if hard:
        return stopping.by_budget(hard[0][0], hard[0][1].because), False
    return ModelBusyError(), False


def _begun(
    endpoint: ModelEndpoint,
    purpose: Purpose,
    now: Any,
    asked: str,
    most: Decimal,
    *,
    is_repair: bool,
    is_probe: bool,
) -> ModelCall:
    return ModelCall.objects.create(
        folder_id=endpoint.folder_id,
        endpoint=endpoint,
        model=endpoint.model,
        model_version=endpoint.version[:100],
        use=purpose.use,
        item_id=purpose.item_id,
        run_id=purpose.run_id,
        agent_run_id=purpose.agent_run_id,
        prompt=purpose.prompt,
        prompt_version=purpose.prompt_version,
        is_repair=is_repair,
        is_probe=is_probe,
        cost=most,
        ends_by=now + timedelta(seconds=endpoint.timeout_seconds + GRACE_SECONDS),
        asked=_storable(asked)[:MAX_TEXT],
    )


def _locked(endpoint: ModelEndpoint, use: str) -> Iterable[Budget]:
    budgets = Budget.objects.filter(Q(use="") | Q(use=use), endpoint=endpoint)
    return list(budgets.select_for_update(of=("self",)).select_related("endpoint").order_by("pk"))


def _settle(budget: Budget, call: ModelCall, ending: Ending, now: Any) -> None:
    after = breaker.settle(
        limits_of(budget),
        standing_of(budget),
        seen_under(budget, now),
        is_ok=ending.outcome == Outcome.ANSWERED,
        seconds=ending.seconds,
        is_probe=call.is_probe,
    )
    _move(budget, after)


def _move(budget: Budget, standing: breaker.Standing) -> None:
    """Store where the budget stands; the row is locked. Says so to people when it stops."""
    before = standing_of(budget)
    if standing == before:
        return
    budget.state, budget.because = standing.state, standing.because
    budget.opened_at, budget.retry_at = standing.opened_at, standing.retry_at
    budget.probe_until, budget.n_stops = standing.probe_until, standing.n_stops
    budget.counts_from = standing.counts_from
    budget.save(update_fields=STANDING)
    if before.state == "closed" and standing.state == "open":
        stopping.tell_stopped(budget)
    elif standing.state == "closed":
        stopping.tell_back(budget)


STANDING = [
    "state",
    "because",
    "opened_at",
    "retry_at",
    "probe_until",
    "n_stops",
    "counts_from",
]


def _count(call: ModelCall, ending: Ending, cost: Decimal) -> None:
    day, _made = UsageDay.objects.get_or_create(
        endpoint=call.endpoint, use=call.use, day=database_now().date()
    )
    UsageDay.objects.filter(pk=day.pk).update(
        n_calls=F("n_calls") + 1,
        n_errors=F("n_errors") + int(ending.outcome != Outcome.ANSWERED),
        tokens_in=F("tokens_in") + ending.tokens_in,
        tokens_out=F("tokens_out") + ending.tokens_out,
        cost=F("cost") + cost,
    )


def _storable(text: str) -> str:
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()
