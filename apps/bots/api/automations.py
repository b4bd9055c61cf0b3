"""Automations for programs: what they need, what binds them, and trying a new version."""

from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from pydantic import BaseModel, Field

from apps.accounts.http import TokenRequest
from apps.accounts.permissions import Action, require
from apps.bots.lifecycle import (
    begin_canary,
    promote_canary,
    save_automation,
    stop_canary,
    tallies_of,
)
from apps.bots.models import MAX_PRIORITY, Automation, Canary
from apps.lib.errors import FieldProblem, InvalidError, NotFoundError
from apps.lib.http import Cursor, Limit, Moment, StrictModel, answer, page
from apps.limits.models import Application
from apps.limits.models import Limit as WorkLimit

from .common import MAX_CAPABILITIES, Capability, find_automation, router


class AutomationOut(BaseModel):
    key: str
    title: str
    kind: str = Field(description="item (works a queue) or run (runs once)")
    function: str
    pool: str
    version: int | None = Field(description="the version in use")
    priority: int
    required_capabilities: list[str]
    applications: list[str]
    limits: list[str]
    usual_seconds: float | None


class AutomationList(BaseModel):
    items: list[AutomationOut]
    next_cursor: str | None


class AutomationIn(StrictModel):
    """All optional; what is left out keeps its value."""

    priority: int | None = Field(default=None, ge=0, le=MAX_PRIORITY)
    required_capabilities: list[Capability] | None = Field(
        default=None, max_length=MAX_CAPABILITIES
    )
    applications: list[str] | None = Field(
        default=None, max_length=50, description="keys; single runs wait while these do not answer"
    )
    limits: list[str] | None = Field(
        default=None, max_length=50, description="keys; of single runs, beside the applications'"
    )


class CanaryIn(StrictModel):
    function: str = Field(max_length=200, description="the registered function to try")
    share: float = Field(default=0.1, gt=0, le=0.9, description="of the runs")
    promote_after: int | None = Field(
        default=None, ge=10, le=1_000_000, description="good tries; a person decides, if left out"
    )


class StopIn(StrictModel):
    reason: str = Field(default="", max_length=300)


class Tries(BaseModel):
    n: int
    failed: int


class CanaryOut(BaseModel):
    """A new version that takes a share of the runs; it is rolled back when it fails more often."""

    version: int
    function: str
    released_version: int = Field(description="what it is compared with")
    share: float
    promote_after: int | None
    outcome: str = Field(description="tried, promoted, rolled_back or stopped")
    reason: str
    began_at: Moment
    ended_at: Moment | None
    tries: Tries
    released_tries: Tries


@router.get("/automations", response=AutomationList, summary="List automations")
def list_automations(request: TokenRequest, limit: Limit, cursor: Cursor) -> HttpResponse:
    require(request.rights, Action.VIEW, request.folder.pk)
    here = Automation.objects.filter(folder=request.folder)
    related = here.select_related("pool", "released_version").prefetch_related(
        "versions", "applications", "limits"
    )
    found = page(related, order=("key", "id"), limit=limit, cursor=cursor)
    items = [_automation(each) for each in found.items]
    return answer({"items": items, "next_cursor": found.next_cursor})


@router.get("/automations/{key}", response=AutomationOut, summary="Look at an automation")
def get_automation(request: TokenRequest, key: str) -> HttpResponse:
    require(request.rights, Action.VIEW, request.folder.pk)
    return answer(_automation(find_automation(request, key)))


@router.put("/automations/{key}", response=AutomationOut, summary="Change an automation")
def put_automation(request: TokenRequest, key: str, body: AutomationIn) -> HttpResponse:
    """422 names each field that does not fit. Runs that wait keep what they were made with."""
    require(request.user, Action.DESIGN, request.folder.pk)
    automation = find_automation(request, key)
    values: dict[str, Any] = {
        name: value
        for name in ("priority", "required_capabilities")
        if (value := getattr(body, name)) is not None
    }
    if body.applications is not None:
        values["applications"] = _found(request, Application, "applications", body.applications)
    if body.limits is not None:
        values["limits"] = _found(request, WorkLimit, "limits", body.limits)
    save_automation(automation, values, by=request.actor)
    return answer(_automation(find_automation(request, key)))


@router.get("/automations/{key}/canary", response=CanaryOut, summary="Look at what is tried")
def get_canary(request: TokenRequest, key: str) -> HttpResponse:
    """The version that is tried, or the one that was tried last. 404 when there was none."""
    require(request.rights, Action.VIEW, request.folder.pk)
    automation = find_automation(request, key)
    canary = automation.canaries.select_related("version", "released").first()
    if canary is None:
        raise NotFoundError(_("No new version of it was tried."))
    return answer(_canary(canary))


@router.post("/automations/{key}/canary", response={201: CanaryOut}, summary="Try a new version")
def post_canary(request: TokenRequest, key: str, body: CanaryIn) -> HttpResponse:
    """Let another function take a share of the runs. 409 while another one is tried."""
    require(request.user, Action.DESIGN, request.folder.pk)
    canary = begin_canary(
        find_automation(request, key),
        body.function,
        share=body.share,
        promote_after=body.promote_after,
        by=request.actor,
    )
    return answer(_canary(canary), status=201)


@router.post(
    "/automations/{key}/canary/promote", response=CanaryOut, summary="Let a new version take over"
)
def post_promote(request: TokenRequest, key: str) -> HttpResponse:
    """409 when none is tried."""
    require(request.user, Action.DESIGN, request.folder.pk)
    return answer(_canary(promote_canary(find_automation(request, key), by=request.actor)))


@router.post(
    "/automations/{key}/canary/stop", response=CanaryOut, summary="Stop trying a new version"
)
def post_stop(request: TokenRequest, key: str, body: StopIn | None = None) -> HttpResponse:
    """The version before goes on alone. 409 when none is tried."""
    require(request.user, Action.DESIGN, request.folder.pk)
    reason = body.reason if body else ""
    automation = find_automation(request, key)
    return answer(_canary(stop_canary(automation, by=request.actor, reason=reason)))


def _found(
    request: TokenRequest, model: type[Application] | type[WorkLimit], path: str, keys: list[str]
) -> list[Any]:
    here = model.objects.filter(folder=request.folder)
    known = {each.key: each for each in here}
    problems = [
        FieldProblem(f"{path}.{index}", _("is not known in this folder"))
        for index, key in enumerate(keys)
        if key not in known
    ]
    if problems:
        raise InvalidError(f"{problems[0].path}: {problems[0].message}.", fields=problems)
    return [known[key] for key in keys]


def _automation(automation: Automation) -> dict[str, Any]:
    version = automation.released_version or next(iter(automation.versions.all()), None)
    names = ("key", "title", "kind", "function", "priority", "required_capabilities")
    return {
        **{name: getattr(automation, name) for name in names},
        "usual_seconds": automation.usual_seconds,
        "pool": automation.pool.key,
        "version": version.number if version else None,
        "applications": sorted(each.key for each in automation.applications.all()),
        "limits": sorted(each.key for each in automation.limits.all()),
    }


def _canary(canary: Canary) -> dict[str, Any]:
    tried, released = tallies_of(canary)
    names = ("share", "promote_after", "outcome", "reason", "began_at", "ended_at")
    return {
        **{name: getattr(canary, name) for name in names},
        "version": canary.version.number,
        "function": canary.version.function,
        "released_version": canary.released.number,
        "tries": {"n": tried.n, "failed": tried.n_failed},
        "released_tries": {"n": released.n, "failed": released.n_failed},
    }
