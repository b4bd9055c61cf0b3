"""AI gates: how sure a model must be of what it reads."""

from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from pydantic import BaseModel, Field

from apps.accounts.http import TokenRequest
from apps.accounts.permissions import Action, require
from apps.lib.errors import NotFoundError
from apps.lib.http import AnyObject, Moment, StrictModel, answer
from apps.queues.lifecycle.gates import change_gate, create_gate
from apps.queues.models import Gate

from .finding import is_key
from .routers import queues as router

OF_GATE = ("key", "title", "thresholds", "sample_share", "form", "version", "is_on", "created_at")
MAX_GATES = 1_000


class GateIn(StrictModel):
    """All optional; what is left out keeps its value, or gets the default in a new gate."""

    title: str | None = Field(default=None, min_length=1, max_length=150)
    thresholds: AnyObject | None = Field(
        default=None,
        description=(
            "{default: 0.8, fields: {field: 0.9}, classes: {document class: {field: 0.95}}, "
            "required: [field]}; shares from 0 to 1"
        ),
    )
    sample_share: float | None = Field(
        default=None, ge=0, le=1, description="of what passes, looked at once more by a person"
    )
    form: AnyObject | None = Field(
        default=None, description="JSON Schema of the form people check in; {}: from the values"
    )
    is_on: bool | None = None
    version: int | None = Field(default=None, ge=1, description="409 if it is not this one")
    reason: str = Field(default="", max_length=1_000)


class GateOut(BaseModel):
    key: str
    title: str
    thresholds: dict[str, Any]
    sample_share: float
    form: dict[str, Any]
    version: int
    is_on: bool
    created_at: Moment
    queues: list[str] = Field(description="keys of the queues that name it")


class GateList(BaseModel):
    items: list[GateOut]
    next_cursor: str | None


@router.get("/gates", response=GateList, summary="List gates")
def list_gates(request: TokenRequest) -> HttpResponse:
    gates = Gate.objects.filter(folder=request.folder).order_by("key")[:MAX_GATES]
    return answer({"items": [_out(gate) for gate in gates], "next_cursor": None})


@router.get("/gates/{key}", response=GateOut, summary="Look at a gate")
def get_gate(request: TokenRequest, key: str) -> HttpResponse:
    found = _find(request, key)
    if found is None:
        raise NotFoundError(_("There is no gate “%(key)s” here.") % {"key": key})
    return answer(_out(found))


@router.put("/gates/{key}", response={200: GateOut, 201: GateOut}, summary="Make or change a gate")
def put_gate(request: TokenRequest, key: str, body: GateIn | None = None) -> HttpResponse:
    """201 when it was made, 200 when it was there. Holds from the next result on."""
    require(request.user, Action.DESIGN, request.folder.pk)
    given = body or GateIn()
    values = {
        name: getattr(given, name)
        for name in given.model_fields_set - {"version", "reason"}
        if getattr(given, name) is not None
    }
    found = _find(request, key)
    if found is None:
        made = create_gate(request.folder, key, by=request.actor, **values)
        return answer(_out(made), status=201)
    changed = change_gate(
        found, by=request.actor, version=given.version, reason=given.reason, **values
    )
    return answer(_out(changed))


def _find(request: TokenRequest, key: str) -> Gate | None:
    if not is_key(key):
        raise NotFoundError(_("A key has letters, digits, hyphens and underscores, at most 100."))
    return Gate.objects.filter(folder=request.folder, key=key).first()


def _out(gate: Gate) -> dict[str, Any]:
    return {
        **{name: getattr(gate, name) for name in OF_GATE},
        "queues": list(gate.queues.order_by("key").values_list("key", flat=True)),
    }
