"""What the calls under a budget did: the facts that the breaker judges."""

from datetime import timedelta
from decimal import Decimal
from typing import Any, cast

from django.db import connection, models
from django.db.models import Count, Q, Sum

from .breaker import Limits, Reason, Seen, Standing, State
from .models import Budget, ModelCall, UsageDay

Outcome = ModelCall.Outcome
ERRORS = (Outcome.REFUSED, Outcome.FAILED, Outcome.MALFORMED, Outcome.LOST)
NOTHING = Decimal(0)


class Percentile95(models.Aggregate):
    """The time that 95 of 100 calls stay within."""

    template = "percentile_disc(0.95) within group (order by %(expressions)s)"
    output_field = models.FloatField()


def database_now() -> Any:
    """Return the moment on the database's clock, by which all processes agree."""
    with connection.cursor() as cursor:
        cursor.execute("select clock_timestamp()")
        return cursor.fetchone()[0]


def limits_of(budget: Budget) -> Limits:
    return Limits(
        cost_per_day=budget.cost_per_day,
        cost_per_month=budget.cost_per_month,
        error_share=budget.error_share,
        p95_seconds=budget.p95_seconds,
        min_calls=budget.min_calls,
        pause_seconds=budget.pause_seconds,
    )


def standing_of(budget: Budget) -> Standing:
    return Standing(
        state=cast(State, budget.state),
        because=cast(Reason, budget.because),
        opened_at=budget.opened_at,
        retry_at=budget.retry_at,
        probe_until=budget.probe_until,
        n_stops=budget.n_stops,
        counts_from=budget.counts_from,
    )


def seen_under(budget: Budget, now: Any) -> Seen:
    """Return what a budget's calls did, by `now` on the database's clock; three queries."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    n_calls, n_errors, p95_seconds = _window(budget, now)
    cost_today, cost_month = costs(budget, now)
    return Seen(
        now=now,
        n_calls=n_calls,
        n_errors=n_errors,
        p95_seconds=p95_seconds,
        cost_today=cost_today,
        cost_month=cost_month,
        cost_running=_running(budget, now),
        next_day=midnight + timedelta(days=1),
        next_month=(midnight.replace(day=1) + timedelta(days=32)).replace(day=1),
    )


def costs(budget: Budget, now: Any) -> tuple[Decimal, Decimal]:
    """Return what was spent today and this month (UTC), since a person last let it go on."""
    today = now.date()
    days = UsageDay.objects.filter(endpoint=budget.endpoint_id, day__gte=today.replace(day=1))
    if budget.use:
        days = days.filter(use=budget.use)
    sums = days.aggregate(today=Sum("cost", filter=Q(day=today)), month=Sum("cost"))
    spent_today, spent_month = sums["today"] or NOTHING, sums["month"] or NOTHING
    since = budget.forgiven_at
    if since is not None and since.date() == today:
        spent_today -= budget.forgiven_day
    if since is not None and (since.year, since.month) == (now.year, now.month):
        spent_month -= budget.forgiven_month
    return spent_today, spent_month


def _window(budget: Budget, now: Any) -> tuple[int, int, float | None]:
    since = now - timedelta(seconds=budget.window_seconds)
    if budget.counts_from is not None:
        since = max(since, budget.counts_from)
    calls = _calls(budget).filter(at__gt=since).exclude(outcome=Outcome.RUNNING)
    found = calls.aggregate(
        n=Count("pk"), wrong=Count("pk", filter=Q(outcome__in=ERRORS)), slow=Percentile95("seconds")
    )
    return found["n"], found["wrong"], found["slow"]


def _running(budget: Budget, now: Any) -> Decimal:
    calls = _calls(budget).filter(outcome=Outcome.RUNNING, ends_by__gt=now)
    found: Decimal = calls.aggregate(most=Sum("cost"))["most"] or NOTHING
    return found


def _calls(budget: Budget) -> Any:
    calls = ModelCall.objects.filter(endpoint=budget.endpoint_id)
    return calls.filter(use=budget.use) if budget.use else calls
