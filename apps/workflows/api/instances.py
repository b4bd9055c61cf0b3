"""Calls about instances: list, look, pause, cancel, retry, change."""

from typing import Annotated, Any

from django.http import HttpResponse
from ninja import Path, Query

from apps.accounts.http import TokenRequest
from apps.accounts.permissions import Action, require
from apps.lib.errors import ConflictError, NotFoundError
from apps.lib.http import AnyObject, Cursor, Id, Limit, StrictModel, answer, page
from apps.lib.schema import mask
from apps.workflows import lifecycle
from apps.workflows.links import items_of
from apps.workflows.models import Incident, Scope, StepInstance, Token, WorkflowInstance
from apps.workflows.outline import graph_of, name_of

from .finding import find_instance
from .routers import instances as router
from .schemas import InstanceDetail, InstanceOut, InstancePage, Reason, ReasonIn, RetryIn, Status

InstanceId = Annotated[Id, Path(description="The instance's number.")]
MAX_STEPS = 1_000

OF_INSTANCE = ("id", "status", "business_key", "started_at", "ended_at", "started_by", "reason")
OF_INCIDENT = ("id", "code", "message", "opened_at", "resolved_at")


class ModifyIn(StrictModel):
    """Variables to set. (Moving tokens comes with this call, too, in a later release.)"""

    variables: AnyObject
    reason: Reason


@router.get("/instances", response=InstancePage, summary="List instances, newest first")
def list_instances(
    request: TokenRequest,
    limit: Limit,
    cursor: Cursor,
    workflow: Annotated[str | None, Query(None, max_length=150, description="its key")],
    status: Annotated[Status | None, Query(None)],
    business_key: Annotated[str | None, Query(None, max_length=200)],
) -> HttpResponse:
    require(request.user, Action.VIEW, request.folder.pk)
    rows = WorkflowInstance.objects.filter(folder=request.folder)
    wanted = {"workflow__key": workflow, "status": status, "business_key": business_key}
    rows = rows.filter(**{name: value for name, value in wanted.items() if value is not None})
    related = rows.select_related("workflow", "version").defer("version__xml", "version__original")
    found = page(related, order=("-id",), limit=limit, cursor=cursor)
    return answer(
        {"items": [instance_out(each) for each in found.items], "next_cursor": found.next_cursor}
    )


@router.get("/instances/{int:instance_id}", response=InstanceDetail, summary="Look at an instance")
def get_instance(request: TokenRequest, instance_id: InstanceId) -> HttpResponse:
    """Where it is, its variables (personal ones masked), what needs repair, what is over."""
    return answer(instance_detail(find_instance(request, instance_id)))


@router.post("/instances/{int:instance_id}/pause", response=InstanceOut, summary="Pause")
def pause(request: TokenRequest, instance_id: InstanceId, body: ReasonIn) -> HttpResponse:
    """With all instances that it called. What happens meanwhile is kept. 409: not running."""
    return _act(request, instance_id, lifecycle.pause_instance, body.reason)


@router.post("/instances/{int:instance_id}/resume", response=InstanceOut, summary="Go on")
def resume(request: TokenRequest, instance_id: InstanceId, body: ReasonIn) -> HttpResponse:
    """409 when it is not paused."""
    return _act(request, instance_id, lifecycle.resume_instance, body.reason)


@router.post("/instances/{int:instance_id}/cancel", response=InstanceOut, summary="Cancel")
def cancel(request: TokenRequest, instance_id: InstanceId, body: ReasonIn) -> HttpResponse:
    """It ends with its open work, its tasks, and all instances that it called. 409: it is over."""
    return _act(request, instance_id, lifecycle.cancel_instance, body.reason)


@router.post(
    "/instances/{int:instance_id}/retry", response=InstanceOut, summary="Retry what needs repair"
)
def retry(
    request: TokenRequest, instance_id: InstanceId, body: RetryIn | None = None
) -> HttpResponse:
    """The failed step is done again, from where it stands. 409 when nothing needs repair."""
    instance = _operable(request, instance_id)
    wanted = body or RetryIn()
    found = Incident.objects.filter(instance=instance, resolved_at__isnull=True)
    if wanted.incident is not None:
        found = found.filter(pk=wanted.incident)
    incidents = list(found.order_by("pk"))
    if not incidents and wanted.incident is not None:
        raise NotFoundError(f"Instance {instance_id} has no open incident {wanted.incident}.")
    if not incidents:
        raise ConflictError(f"Nothing of instance {instance_id} needs repair.")
    for incident in incidents:
        lifecycle.repair(
            incident,
            how="retry",
            variables=wanted.variables,
            by=request.actor,
            reason=wanted.reason,
        )
    return answer(instance_out(find_instance(request, instance_id)))


@router.post(
    "/instances/{int:instance_id}/modify", response=InstanceOut, summary="Change variables"
)
def modify(request: TokenRequest, instance_id: InstanceId, body: ModifyIn) -> HttpResponse:
    """Sets variables of the whole instance; conditions are looked at again."""
    instance = _operable(request, instance_id)
    lifecycle.set_variables(instance, body.variables, by=request.actor, reason=body.reason)
    return answer(instance_out(find_instance(request, instance_id)))


def _operable(request: TokenRequest, instance_id: int) -> WorkflowInstance:
    instance = find_instance(request, instance_id)
    require(request.user, Action.OPERATE, instance.folder_id)
    return instance


def _act(request: TokenRequest, instance_id: int, verb: Any, reason: str) -> HttpResponse:
    verb(_operable(request, instance_id), by=request.actor, reason=reason)
    return answer(instance_out(find_instance(request, instance_id)))


def started_out(instance: WorkflowInstance) -> dict[str, Any]:
    return {"id": instance.pk, "status": instance.status}


def instance_out(instance: WorkflowInstance) -> dict[str, Any]:
    error = {"code": instance.error_code, "message": instance.error_message}
    return {
        **{name: getattr(instance, name) for name in OF_INSTANCE},
        "workflow": instance.workflow.key,
        "version": instance.version.number,
        "error": error if instance.error_code or instance.error_message else None,
    }


def instance_detail(instance: WorkflowInstance) -> dict[str, Any]:
    tokens = list(Token.objects.filter(instance_id=instance.pk).order_by("number")[:MAX_STEPS])
    incidents = Incident.objects.filter(instance=instance).order_by("pk")
    visits = StepInstance.objects.filter(
        instance_id=instance.pk, ended_at__gte=instance.started_at
    ).order_by("ended_at", "token")
    return {
        **instance_out(instance),
        "variables": _variables(instance),
        "steps": _steps(instance, tokens),
        "incidents": [
            {"element_id": each.node, **{name: getattr(each, name) for name in OF_INCIDENT}}
            for each in incidents
        ],
        "history": [_visit(each) for each in visits[:MAX_STEPS]],
    }


def _variables(instance: WorkflowInstance) -> dict[str, Any]:
    values = instance.result
    if values is None:
        root = Scope.objects.filter(instance_id=instance.pk, parent__isnull=True).first()
        values = root.variables if root else {}
    return mask(values, instance.version.input_schema)


def _steps(instance: WorkflowInstance, tokens: list[Token]) -> list[dict[str, Any]]:
    graph = graph_of(instance.version_id)
    items = items_of(instance.pk, [token.number for token in tokens])
    incident = Token.WaitsFor.INCIDENT
    return [
        {
            "element_id": token.node,
            "name": name_of(graph, token.node),
            "kind": graph.nodes[token.node].kind if token.node in graph.nodes else "",
            "status": "incident" if token.waits_for == incident else "waiting",
            "since": token.entered_at,
            "waits_for": token.waits_for,
            "item": items.get(token.number),
        }
        for token in tokens
    ]


def _visit(step: StepInstance) -> dict[str, Any]:
    return {
        "element_id": step.node,
        "kind": step.kind,
        "status": step.outcome,
        "since": step.entered_at,
        "ended_at": step.ended_at,
        "by": step.by,
    }
