"""Calls about workflows: deploy a model, list, look."""

from typing import Annotated, Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from ninja import Path, Query

from apps.accounts.http import TokenRequest
from apps.accounts.idempotency import carry_out_once
from apps.accounts.permissions import Action, require
from apps.lib.errors import DomainError
from apps.lib.http import Cursor, Limit, answer, page
from apps.workflows import catalog, lifecycle
from apps.workflows.models import Workflow, WorkflowVersion
from apps.workflows.uploads import shown_problem

from .finding import XML_BODY, find_workflow, read_xml, with_problems
from .instances import started_out
from .routers import workflows as router
from .schemas import DeployedOut, InstanceIn, StartedOut, WorkflowOut, WorkflowPage

Key = Annotated[str, Path(description="The id of the process in the model.", max_length=150)]
MAX_NOTE = 1_000


@router.post(
    "/workflows",
    response={200: DeployedOut, 201: DeployedOut},
    summary="Deploy a model",
    openapi_extra=XML_BODY,
)
def deploy(
    request: TokenRequest,
    note: Annotated[str, Query("", max_length=MAX_NOTE, description="what changed")],
) -> HttpResponse:
    """The body is BPMN 2.0 XML. The same content again is the same version (200).

    422 lists every problem under `problems`: element, line, message and advice; nothing is
    deployed then.
    """
    require(request.user, Action.DESIGN, request.folder.pk)
    xml = read_xml(request)

    def call() -> tuple[int, Any]:
        source = WorkflowVersion.Source.API
        try:
            found = lifecycle.deploy(
                request.folder, xml, by=request.actor, source=source, note=note
            )
        except DomainError as error:
            raise with_problems(error) from None
        return 201 if found.new else 200, deployed_out(found)

    return carry_out_once(request, call)


@router.get("/workflows", response=WorkflowPage, summary="List workflows")
def list_workflows(request: TokenRequest, limit: Limit, cursor: Cursor) -> HttpResponse:
    require(request.user, Action.VIEW, request.folder.pk)
    rows = Workflow.objects.filter(folder=request.folder)
    found = page(rows, order=("key", "id"), limit=limit, cursor=cursor)
    shown = [_workflow_out(row) for row in catalog.workflow_rows(found.items)]
    return answer({"items": shown, "next_cursor": found.next_cursor})


@router.get("/workflows/{key}", response=WorkflowOut, summary="Look at a workflow")
def get_workflow(request: TokenRequest, key: Key) -> HttpResponse:
    workflow = find_workflow(request, key)
    return answer(_workflow_out(catalog.workflow_rows([workflow])[0]))


@router.get("/workflows/{key}/versions/{int:number}/xml", summary="Download a version's model")
def get_xml(
    request: TokenRequest, key: Key, number: Annotated[int, Path(ge=1, le=2_147_483_647)]
) -> HttpResponse:
    """The model as it is executed."""
    version = get_object_or_404(find_workflow(request, key).versions, number=number)
    return HttpResponse(version.xml, content_type="application/xml")


@router.post("/workflows/{key}/instances", response={201: StartedOut}, summary="Start an instance")
def start(request: TokenRequest, key: Key, body: InstanceIn | None = None) -> HttpResponse:
    """422, naming the field, when the variables do not fit the workflow's input schema."""
    workflow = find_workflow(request, key)
    require(request.user, Action.OPERATE, request.folder.pk)
    wanted = body or InstanceIn()

    def call() -> tuple[int, Any]:
        instance = lifecycle.start_instance(
            workflow,
            wanted.variables,
            by=request.actor,
            business_key=wanted.business_key,
            version=wanted.version,
        )
        return 201, started_out(instance)

    return carry_out_once(request, call)


def deployed_out(deployed: Any) -> dict[str, Any]:
    first, *others = deployed.versions
    return {
        "key": first.workflow.key,
        "version": first.number,
        "warnings": [shown_problem(each).as_json for each in deployed.warnings],
        "report": [shown_problem(each).as_json for each in deployed.report],
        "queues": [str(getattr(each, "key", each)) for each in deployed.created_queues],
        "also": [{"key": each.workflow.key, "version": each.number} for each in others],
    }


def _workflow_out(row: catalog.WorkflowRow) -> dict[str, Any]:
    version = row.version
    return {
        "key": row.workflow.key,
        "title": row.workflow.title,
        "version": version.number if version else None,
        "deployed_at": version.deployed_at if version else None,
        "deployed_by": version.deployed_by if version else "",
        "counts": row.counts,
        "open_incidents": row.n_repair,
        "input_schema": version.input_schema if version else {},
    }
