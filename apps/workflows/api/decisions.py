"""Calls about decisions: deploy a model, list, evaluate."""

from typing import Annotated, Any

from django.http import HttpResponse
from ninja import Path, Query

from apps.accounts.http import TokenRequest
from apps.accounts.idempotency import carry_out_once
from apps.accounts.permissions import Action, require
from apps.lib.errors import DomainError
from apps.lib.http import Cursor, Limit, answer, page
from apps.workflows import lifecycle
from apps.workflows.decision_presenting import told
from apps.workflows.models import Decision, WorkflowVersion
from apps.workflows.uploads import shown_problem

from .finding import XML_BODY, find_decision, read_xml, with_problems
from .routers import decisions as router
from .schemas import AnswerOut, ContextIn, DecisionDeployedOut, DecisionOut, DecisionPage

Key = Annotated[str, Path(description="The id of the decision in the model.", max_length=150)]


@router.post(
    "/decisions",
    response={200: DecisionDeployedOut, 201: DecisionDeployedOut},
    summary="Deploy a decision model",
    openapi_extra=XML_BODY,
)
def deploy(
    request: TokenRequest,
    note: Annotated[str, Query("", max_length=1_000, description="what changed")],
) -> HttpResponse:
    """The body is DMN XML, 1.1 to 1.5. 422 lists every problem, its element and line."""
    require(request.user, Action.DESIGN, request.folder.pk)
    xml = read_xml(request)

    def call() -> tuple[int, Any]:
        source = WorkflowVersion.Source.API
        try:
            found = lifecycle.deploy_decision(
                request.folder, xml, by=request.actor, source=source, note=note
            )
        except DomainError as error:
            raise with_problems(error) from None
        return 201 if found.new else 200, _deployed(found)

    return carry_out_once(request, call)


@router.get("/decisions", response=DecisionPage, summary="List decisions")
def list_decisions(request: TokenRequest, limit: Limit, cursor: Cursor) -> HttpResponse:
    require(request.user, Action.VIEW, request.folder.pk)
    rows = Decision.objects.filter(folder=request.folder)
    found = page(rows, order=("key", "id"), limit=limit, cursor=cursor)
    shown = [_decision_out(each) for each in found.items]
    return answer({"items": shown, "next_cursor": found.next_cursor})


@router.get("/decisions/{key}", response=DecisionOut, summary="Look at a decision")
def get_decision(request: TokenRequest, key: Key) -> HttpResponse:
    return answer(_decision_out(find_decision(request, key)))


@router.post("/decisions/{key}/evaluate", response=AnswerOut, summary="Evaluate a decision")
def evaluate(request: TokenRequest, key: Key, body: ContextIn) -> HttpResponse:
    """The latest version's answer, with the rules that matched and why."""
    decision = find_decision(request, key)
    found = lifecycle.evaluate_decision(
        request.folder, decision.key, body.context, by=request.actor
    )
    latest = decision.versions.first()
    return answer({"version": latest.number if latest else 0, **told(found)})


def _deployed(deployed: Any) -> dict[str, Any]:
    first = deployed.versions[0]
    return {
        "key": first.decision.key,
        "version": first.number,
        "warnings": [shown_problem(each).as_json for each in first.warnings],
        "decisions": [
            {"key": each.decision.key, "version": each.number} for each in deployed.versions
        ],
    }


def _decision_out(decision: Decision) -> dict[str, Any]:
    latest = decision.versions.values_list("number", flat=True).first()
    return {"key": decision.key, "title": decision.title, "version": latest}
