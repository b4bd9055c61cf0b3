"""The API of AI: models, their calls, and what agents did."""

from decimal import Decimal
from typing import Annotated, Any, Literal

from django.http import HttpResponse
from django.utils.translation import gettext as _
from ninja import Path, Query, Router
from pydantic import BaseModel, Field

from apps.accounts.http import TokenRequest
from apps.accounts.idempotency import carry_out_once
from apps.accounts.permissions import Action, require
from apps.lib.errors import FieldProblem, InvalidError, NotFoundError
from apps.lib.http import Cursor, Id, Limit, Moment, StrictModel, answer, page
from apps.lib.keys import KEY_RULE, is_key

from . import lifecycle, presenting
from .models import AgentRun, AgentTurn, ModelCall, ModelEndpoint

router = Router(tags=["AI"])

Key = Annotated[str, Path(description="The key of the model.", max_length=100)]
RunId = Annotated[Id, Path(description="The number of the agent's run.")]
Outcome = Literal["running", "answered", "refused", "failed", "malformed", "lost"]
Price = Annotated[float, Field(ge=0, le=100_000)]
HIDDEN = "•••"
MAX_TURNS = 1_000
MAX_NUMBER = 2**63


class EndpointIn(StrictModel):
    """All optional but `base_url` and `model` of a new one; what is left out keeps its value."""

    title: str | None = Field(default=None, min_length=1, max_length=150)
    base_url: str | None = Field(default=None, max_length=500)
    model: str | None = Field(default=None, min_length=1, max_length=200)
    version_label: str | None = Field(default=None, max_length=100)
    api_key: str | None = Field(
        default=None,
        max_length=4_000,
        description="kept sealed, never given back; “” takes it away",
    )
    timeout_seconds: int | None = Field(default=None, ge=1, le=600)
    max_answer_tokens: int | None = Field(default=None, ge=1, le=200_000)
    answer_shape: Literal["auto", "schema", "words"] | None = None
    asks_logprobs: bool | None = None
    price_in: Price | None = None
    price_out: Price | None = None
    currency: str | None = Field(default=None, min_length=3, max_length=3)


class EndpointOut(BaseModel):
    key: str
    title: str
    base_url: str
    model: str
    version_label: str
    has_api_key: bool
    timeout_seconds: int
    max_answer_tokens: int
    answer_shape: str
    asks_logprobs: bool
    price_in: float
    price_out: float
    currency: str
    state: str = Field(description="on, or stopped (by a person or a budget)")
    stopped_because: str
    cost_today: float
    calls_24h: int
    errors_24h: int
    p95_seconds_24h: float | None


class EndpointList(BaseModel):
    items: list[EndpointOut]
    next_cursor: str | None


class CallOut(BaseModel):
    id: int
    endpoint: str
    model: str
    model_version: str
    use: str
    item_id: int | None
    run_id: int | None
    agent_run_id: int | None
    prompt: str
    prompt_version: str
    outcome: str
    error: str
    tokens_in: int
    tokens_out: int
    cost: float
    seconds: float | None
    at: Moment


class CallPage(BaseModel):
    items: list[CallOut]
    next_cursor: str | None


class TurnOut(BaseModel):
    number: int
    role: str
    content: str
    calls: list[Any]
    tool: str
    arguments: Any
    result: Any
    is_error: bool
    decision: str
    who: str
    tokens: int
    cost: float
    seconds: float
    at: Moment


class AgentRunOut(BaseModel):
    id: int
    agent: str
    item_id: int
    status: str = Field(description="running, waiting, finished, over_limit or gave_up")
    outcome: str
    output: Any
    steps: int
    tokens: int
    cost: float
    seconds: float
    started_at: Moment
    ended_at: Moment | None
    masked: bool = Field(description="the item has personal data, so texts are hidden")
    turns: list[TurnOut]


OF_ENDPOINT = (
    "key",
    "title",
    "base_url",
    "model",
    "version_label",
    "has_api_key",
    "timeout_seconds",
    "max_answer_tokens",
    "answer_shape",
    "asks_logprobs",
    "currency",
)
OF_CALL = tuple(CallOut.model_fields.keys() - {"endpoint", "cost"})


@router.get("/ai/endpoints", response=EndpointList, summary="List models")
def list_endpoints(request: TokenRequest, limit: Limit, cursor: Cursor) -> HttpResponse:
    require(request.rights, Action.VIEW, request.folder.pk)
    rows = ModelEndpoint.objects.filter(folder=request.folder)
    found = page(rows, order=("key", "id"), limit=limit, cursor=cursor)
    shown = [_endpoint_out(row) for row in presenting.endpoint_rows(found.items)]
    return answer({"items": shown, "next_cursor": found.next_cursor})


@router.get("/ai/endpoints/{key}", response=EndpointOut, summary="Look at a model")
def get_endpoint(request: TokenRequest, key: Key) -> HttpResponse:
    """With its state and figures. The API key is never given back."""
    require(request.rights, Action.VIEW, request.folder.pk)
    found = lifecycle.find_endpoint(request.folder, key) if "\x00" not in key else None
    if found is None:
        raise NotFoundError(_("There is no model “%(key)s” in this folder.") % {"key": key})
    return answer(_endpoint_out(presenting.endpoint_rows([found])[0]))


@router.put(
    "/ai/endpoints/{key}",
    response={200: EndpointOut, 201: EndpointOut},
    summary="Enter or change a model",
)
def put_endpoint(request: TokenRequest, key: Key, body: EndpointIn) -> HttpResponse:
    """A new address drops the API key unless it comes along: it was given to somebody else."""
    require(request.rights, Action.DESIGN, request.folder.pk)

    def call() -> tuple[int, Any]:
        endpoint = lifecycle.find_endpoint(request.folder, _checked(key))
        is_new = endpoint is None
        endpoint = endpoint or ModelEndpoint(folder=request.folder, key=key, title=key)
        before = lifecycle.values_of(endpoint)
        _fill(endpoint, body)
        lifecycle.save_endpoint(endpoint, api_key=body.api_key, by=request.actor, before=before)
        shown = _endpoint_out(presenting.endpoint_rows([endpoint])[0])
        return (201 if is_new else 200), shown

    return carry_out_once(request, call)


@router.get("/ai/calls", response=CallPage, summary="List calls of models, newest first")
def list_calls(
    request: TokenRequest,
    limit: Limit,
    cursor: Cursor,
    endpoint: Annotated[str | None, Query(None, max_length=100, description="its key")],
    outcome: Annotated[Outcome | None, Query(None)],
    item: Annotated[Id | None, Query(None)],
) -> HttpResponse:
    """Figures only; what was asked and answered is on the pages."""
    require(request.rights, Action.VIEW, request.folder.pk)
    if endpoint is not None and "\x00" in endpoint:
        return answer({"items": [], "next_cursor": None})
    wanted = {"endpoint__key": endpoint, "outcome": outcome, "item_id": item}
    rows = ModelCall.objects.filter(
        folder_id=request.folder.pk,
        **{name: value for name, value in wanted.items() if value is not None},
    )
    related = rows.select_related("endpoint").defer("asked", "answered")
    found = page(related, order=("-id",), limit=limit, cursor=cursor)
    shown = [_call_out(each) for each in found.items]
    return answer({"items": shown, "next_cursor": found.next_cursor})


@router.get("/ai/agent-runs/{int:run_id}", response=AgentRunOut, summary="Look at an agent's run")
def get_agent_run(request: TokenRequest, run_id: RunId) -> HttpResponse:
    """With its transcript. Where the item has personal data, texts are hidden."""
    require(request.rights, Action.VIEW, request.folder.pk)
    found = None
    if run_id < MAX_NUMBER:
        runs = AgentRun.objects.filter(folder_id=request.folder.pk, pk=run_id)
        found = runs.select_related("profile").first()
    if found is None:
        raise NotFoundError(_("There is no agent's run %d in this folder.") % run_id)
    return answer(_agent_run_out(found))


def _checked(key: str) -> str:
    if not is_key(key):
        message = str(KEY_RULE)
        raise InvalidError(f"key: {message}", fields=[FieldProblem("key", message)])
    return key


def _fill(endpoint: ModelEndpoint, body: EndpointIn) -> None:
    for name in body.model_fields_set - {"api_key"}:
        value = getattr(body, name)
        if value is not None:
            setattr(endpoint, name, Decimal(str(value)) if name.startswith("price_") else value)
    for name in ("base_url", "model"):
        if not getattr(endpoint, name):
            message = _("is needed")
            raise InvalidError(f"{name}: {message}.", fields=[FieldProblem(name, message)])


def _endpoint_out(row: presenting.EndpointRow) -> dict[str, Any]:
    endpoint = row.endpoint
    return {
        **{name: getattr(endpoint, name) for name in OF_ENDPOINT},
        "price_in": float(endpoint.price_in),
        "price_out": float(endpoint.price_out),
        "state": "on" if row.status in ("done", "retry") else "stopped",
        "stopped_because": row.why,
        "cost_today": float(row.cost),
        "calls_24h": row.n_calls,
        "errors_24h": row.n_errors,
        "p95_seconds_24h": row.p95_seconds,
    }


def _call_out(call: ModelCall) -> dict[str, Any]:
    shown = {name: getattr(call, name) for name in OF_CALL}
    return {**shown, "endpoint": call.endpoint.key, "cost": float(call.cost)}


def _agent_run_out(run: AgentRun) -> dict[str, Any]:
    is_masked = presenting.has_personal(run.item_id)
    turns = run.turns.order_by("number")[:MAX_TURNS]
    return {
        "id": run.pk,
        "agent": run.profile.key,
        "item_id": run.item_id,
        "status": run.status,
        "outcome": run.outcome,
        "output": HIDDEN if is_masked else run.output,
        "steps": run.n_steps,
        "tokens": run.tokens,
        "cost": float(run.cost),
        "seconds": run.seconds,
        "started_at": run.started_at,
        "ended_at": run.ended_at,
        "masked": is_masked,
        "turns": [_turn_out(each, is_masked=is_masked) for each in turns],
    }


def _turn_out(turn: AgentTurn, *, is_masked: bool) -> dict[str, Any]:
    return {
        "number": turn.number,
        "role": turn.role,
        "content": HIDDEN if is_masked and turn.content else turn.content,
        "calls": [{**each, "arguments": HIDDEN} if is_masked else each for each in turn.calls],
        "tool": turn.tool,
        "arguments": HIDDEN if is_masked and turn.arguments is not None else turn.arguments,
        "result": HIDDEN if is_masked and turn.result is not None else turn.result,
        "is_error": turn.is_error,
        "decision": turn.decision,
        "who": turn.who,
        "tokens": turn.tokens_in + turn.tokens_out,
        "cost": float(turn.cost),
        "seconds": turn.seconds,
        "at": turn.at,
    }
