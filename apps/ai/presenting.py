"""What the pages show of models, calls and agents: figures in words, texts behind a right."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import TruncHour
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from apps.events.bus import publish
from apps.lib.actors import Actor
from apps.lib.durations import duration_in_words
from apps.lib.json import Json
from apps.lib.schema import personal_paths
from apps.queues.models import WorkItem

from .figures import money, percent, seconds
from .models import AgentRun, AgentTurn, Budget, ModelCall, ModelEndpoint, UsageDay
from .seen import ERRORS, Percentile95, costs, database_now
from .stopping import reason_in_words

Outcome = ModelCall.Outcome
HOURS = 24
PAGE_SIZE = 50
MAX_SHOWN = 20_000
SHORT = 72
STATUS_OF_CALL = {
    Outcome.RUNNING: "running",
    Outcome.ANSWERED: "done",
    Outcome.LOST: "lost",
    Outcome.REFUSED: "failed",
    Outcome.FAILED: "failed",
    Outcome.MALFORMED: "failed",
}
STATUS_OF_AGENT = {
    AgentRun.Status.RUNNING: "running",
    AgentRun.Status.WAITING: "person",
    AgentRun.Status.FINISHED: "done",
    AgentRun.Status.OVER_LIMIT: "failed",
    AgentRun.Status.GAVE_UP: "failed",
}


@dataclass(kw_only=True)
class EndpointRow:
    """An endpoint with what it did in the last day."""

    endpoint: ModelEndpoint
    status: str
    status_word: str
    why: str = ""
    cost: Decimal = Decimal(0)
    cost_limit: Decimal | None = None
    n_calls: int = 0
    n_errors: int = 0
    p95_seconds: float | None = None
    spark: list[int] = field(default_factory=list)
    slow_spark: list[int] = field(default_factory=list)

    @property
    def error_share(self) -> str:
        return percent(self.n_errors / self.n_calls) if self.n_calls else "–"

    @property
    def cost_in_words(self) -> str:
        return f"{money(self.cost)} {self.endpoint.currency}"

    @property
    def p95(self) -> str:
        return seconds(self.p95_seconds)

    @property
    def cost_percent(self) -> int | None:
        if not self.cost_limit:
            return None
        return min(100, int(100 * self.cost / self.cost_limit))

    @property
    def spark_label(self) -> str:
        return _("%(n)d calls in 24 hours, by the hour") % {"n": self.n_calls}


def endpoint_rows(endpoints: Iterable[ModelEndpoint]) -> list[EndpointRow]:
    """Return a row for each endpoint; four queries for all of them."""
    found = list(endpoints)
    ids = [each.pk for each in found]
    budgets: dict[int, list[Budget]] = {}
    for budget in Budget.objects.filter(endpoint__in=ids).select_related("endpoint"):
        budgets.setdefault(budget.endpoint_id, []).append(budget)
    spent = dict(
        UsageDay.objects.filter(endpoint__in=ids, day=database_now().date())
        .values_list("endpoint")
        .annotate(cost=Sum("cost"))
    )
    sums, hours = _last_day(ids)
    return [_row(each, budgets.get(each.pk, []), spent, sums, hours) for each in found]


def _row(
    endpoint: ModelEndpoint,
    budgets: list[Budget],
    spent: Mapping[int, Decimal],
    sums: Mapping[int, Mapping[str, Any]],
    hours: Mapping[int, list[tuple[int, float]]],
) -> EndpointRow:
    status, word, why = standing(endpoint, budgets)
    figures = sums.get(endpoint.pk, {})
    by_hour = hours.get(endpoint.pk, [(0, 0.0)] * HOURS)
    return EndpointRow(
        endpoint=endpoint,
        status=status,
        status_word=word,
        why=why,
        cost=spent.get(endpoint.pk, Decimal(0)),
        cost_limit=next((each.cost_per_day for each in budgets if not each.use), None),
        n_calls=figures.get("n", 0),
        n_errors=figures.get("wrong", 0),
        p95_seconds=figures.get("slow"),
        spark=_heights([n for n, _slow in by_hour]),
        slow_spark=_heights([slow for _n, slow in by_hour]),
    )


def standing(endpoint: ModelEndpoint, budgets: Sequence[Budget]) -> tuple[str, str, str]:
    """Return the state as one of the eight, its word, and why."""
    if endpoint.state == ModelEndpoint.State.STOPPED:
        why = _("%(who)s: %(why)s") % {
            "who": endpoint.stopped_by,
            "why": endpoint.stopped_because or "–",
        }
        return "paused", _("Stopped"), why
    stopped = [each for each in budgets if each.state != Budget.State.CLOSED]
    if not stopped:
        return "done", _("In use"), ""
    why = "; ".join(_stop_in_words(each) for each in stopped)
    if any(not each.use for each in stopped):
        return "failed", _("Stopped by its budget"), why
    return "retry", _("Stopped for some uses"), why


def _stop_in_words(budget: Budget) -> str:
    why = reason_in_words(budget.because, budget)
    said = f"{budget.use}: {why}" if budget.use else why
    if budget.retry_at is None:
        return said
    at = formats.date_format(timezone.localtime(budget.retry_at), "H:i:s")
    return _("%(why)s Tries again at %(time)s.") % {"why": said, "time": at}


def _last_day(
    ids: Sequence[int],
) -> tuple[dict[int, dict[str, Any]], dict[int, list[tuple[int, float]]]]:
    """Return sums by endpoint, and by endpoint its last 24 hours: calls and p95 of each."""
    since = database_now() - timedelta(hours=HOURS)
    calls = ModelCall.objects.filter(endpoint__in=ids, at__gt=since).exclude(
        outcome=Outcome.RUNNING
    )
    figures = {
        "n": Count("pk"),
        "wrong": Count("pk", filter=Q(outcome__in=ERRORS)),
        "slow": Percentile95("seconds"),
    }
    sums = {each.pop("endpoint"): each for each in calls.values("endpoint").annotate(**figures)}
    first = (since + timedelta(hours=1)).replace(minute=0, second=0, microsecond=0)
    hours: dict[int, list[tuple[int, float]]] = {}
    for each in calls.annotate(hour=TruncHour("at")).values("endpoint", "hour").annotate(**figures):
        place = int((each["hour"] - first).total_seconds() // 3600)
        by_hour = hours.setdefault(each["endpoint"], [(0, 0.0)] * HOURS)
        by_hour[max(0, min(HOURS - 1, place))] = (each["n"], each["slow"] or 0.0)
    return sums, hours


def _heights(values: Sequence[float]) -> list[int]:
    most = max(values, default=0)
    return [round(100 * value / most) if most else 0 for value in values]


def endpoint_cells(row: EndpointRow, budgets: Sequence[Budget]) -> list[dict[str, Any]]:
    """Return the strip over an endpoint's page: what it did, and what it may."""
    general = next((each for each in budgets if not each.use), None)
    cells: list[dict[str, Any]] = [
        {
            "label": _("Cost today (%s)") % row.endpoint.currency,
            "value": money(row.cost),
            "of": _limit(row.cost_limit),
        },
        {"label": _("Calls in 24 hours"), "value": row.n_calls},
        {
            "label": _("Errors"),
            "value": row.error_share,
            "of": percent(general.error_share) if general and general.error_share else None,
        },
        {
            "label": _("95 of 100 within"),
            "value": row.p95,
            "of": seconds(general.p95_seconds) if general and general.p95_seconds else None,
        },
    ]
    return cells


def _limit(cost: Decimal | None) -> str | None:
    return None if cost is None else money(cost)


def budget_rows(budgets: Iterable[Budget]) -> list[dict[str, Any]]:
    now = database_now()
    rows = []
    for budget in budgets:
        today, month = costs(budget, now)
        rows.append(
            {
                "budget": budget,
                "today": money(today),
                "month": money(month),
                "per_day": _limit(budget.cost_per_day) or "–",
                "per_month": _limit(budget.cost_per_month) or "–",
                "errors": percent(budget.error_share) if budget.error_share else "–",
                "p95": seconds(budget.p95_seconds),
                "why": _stop_in_words(budget) if budget.state != Budget.State.CLOSED else "",
                "status": "done" if budget.state == Budget.State.CLOSED else "failed",
            }
        )
    return rows


def call_page(
    calls: QuerySet[ModelCall], *, before: int | None, limit: int = PAGE_SIZE
) -> tuple[list[ModelCall], int | None]:
    if before:
        calls = calls.filter(pk__lt=before)
    rows = calls.select_related("endpoint").defer("asked", "answered").order_by("-pk")
    page = list(rows[: limit + 1])
    for call in page:
        call.badge = STATUS_OF_CALL[Outcome(call.outcome)]  # type: ignore[attr-defined]
        call.took = seconds(call.seconds)  # type: ignore[attr-defined]
        call.price = money(call.cost)  # type: ignore[attr-defined]
    return page[:limit], page[limit - 1].pk if len(page) > limit else None


def call_facts(call: ModelCall) -> list[tuple[str, Any]]:
    prompt = f"{call.prompt} v{call.prompt_version}" if call.prompt else "–"
    return [
        (_("Model"), call.model),
        (_("Version"), call.model_version or "–"),
        (_("For"), call.use),
        (_("Prompt"), prompt),
        (_("Tokens in"), call.tokens_in),
        (_("Tokens out"), call.tokens_out),
        (_("Cost"), f"{money(call.cost)} {call.endpoint.currency}"),
        (_("Took"), seconds(call.seconds)),
    ]


def messages_of(call: ModelCall) -> list[dict[str, str]]:
    """Return what was asked, message by message; the plain text where it was cut."""
    try:
        messages = json.loads(call.asked)
        return [{"role": str(each["role"]), "text": _text_of(each)} for each in messages]
    except (ValueError, KeyError, TypeError):
        return [{"role": "", "text": call.asked}] if call.asked else []


def _text_of(message: Mapping[str, Any]) -> str:
    calls = message.get("tool_calls") or []
    said = [f"{each['function']['name']} {each['function']['arguments']}" for each in calls]
    return "\n".join(part for part in (message.get("content") or "", *said) if part)


def agent_run_page(
    runs: QuerySet[AgentRun], *, before: int | None = None, limit: int = PAGE_SIZE
) -> tuple[list[AgentRun], int | None]:
    if before:
        runs = runs.filter(pk__lt=before)
    page = list(runs.select_related("profile__endpoint").order_by("-pk")[: limit + 1])
    for run in page:
        run.badge = STATUS_OF_AGENT[AgentRun.Status(run.status)]  # type: ignore[attr-defined]
        run.price = money(run.cost)  # type: ignore[attr-defined]
        run.took = seconds(run.seconds)  # type: ignore[attr-defined]
    return page[:limit], page[limit - 1].pk if len(page) > limit else None


def agent_run_context(run: AgentRun, *, hides: bool) -> dict[str, Any]:
    """Return what the page of a run shows; with `hides`, without texts."""
    return {
        "run": run,
        "badge": STATUS_OF_AGENT[AgentRun.Status(run.status)],
        "facts": agent_facts(run),
        "turns": turns_of(run, hides=hides),
        "hides": hides,
        "output": pretty(run.output) if run.output is not None and not hides else "",
    }


def agent_facts(run: AgentRun) -> list[tuple[str, Any]]:
    frame: dict[str, Any] = run.frame
    of = _("%(n)s of %(most)s")
    currency = run.profile.endpoint.currency
    return [
        (_("Model"), f"{frame['model']} ({frame['model_version']})"),
        (_("Steps"), of % {"n": run.n_steps, "most": frame["max_steps"]}),
        (_("Tokens"), of % {"n": run.tokens, "most": frame["max_tokens"]}),
        (_("Cost"), of % {"n": money(run.cost), "most": f"{frame['max_cost']} {currency}"}),
        (
            _("At work"),
            of % {"n": seconds(run.seconds), "most": duration_in_words(frame["max_seconds"])},
        ),
        (_("Tools"), ", ".join(frame["tools"]) or "–"),
    ]


def turns_of(run: AgentRun, *, hides: bool) -> list[dict[str, Any]]:
    """Return the transcript as the page shows it; with `hides`, who did what, but not with what."""
    return [_turn(turn, hides=hides) for turn in run.turns.order_by("number")]


def _turn(turn: AgentTurn, *, hides: bool) -> dict[str, Any]:
    calls = [
        {"name": each["name"], "arguments": "" if hides else pretty_text(each["arguments"])}
        for each in turn.calls
    ]
    return {
        "turn": turn,
        "role": turn.get_role_display(),
        "tone": _tone(turn),
        "content": "" if hides else turn.content[:MAX_SHOWN],
        "calls": calls,
        "arguments": "" if hides or turn.arguments is None else pretty(turn.arguments),
        "result": "" if hides or turn.role != AgentTurn.Role.TOOL else pretty(turn.result),
        "took": seconds(turn.seconds) if turn.seconds else "",
        "tokens": turn.tokens_in + turn.tokens_out,
    }


def _tone(turn: AgentTurn) -> str:
    if turn.role == AgentTurn.Role.PERSON:
        return "person"
    if turn.is_error:
        return "failed"
    return "done" if turn.role == AgentTurn.Role.TOOL else "running"


def pretty(value: Json) -> str:
    """Return JSON as people read it: on one line while it is short. Text stays as it is."""
    if isinstance(value, str):
        return value[:MAX_SHOWN]
    text = json.dumps(value, ensure_ascii=False)
    if len(text) > SHORT:
        text = json.dumps(value, indent=2, ensure_ascii=False)
    return text[:MAX_SHOWN]


def pretty_text(text: str) -> str:
    try:
        return pretty(json.loads(text))
    except ValueError:
        return text[:MAX_SHOWN]


def has_personal(item_id: int | None) -> bool:
    """Whether the data of the item is marked personal in parts: then texts about it are, too."""
    if item_id is None:
        return False
    schema = (
        WorkItem.objects.filter(pk=item_id).values_list("queue__payload_schema", flat=True).first()
    )
    return bool(schema and personal_paths(schema))


def record_reveal(kind: str, pk: int, folder_id: int, *, by: Actor) -> None:
    """Write down that somebody looked at texts that hold personal data."""
    publish(f"{kind}.revealed", subject=(kind, pk), folder_id=folder_id, by=by)
