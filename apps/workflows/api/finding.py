"""What a call is about, or the error that names what is missing."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from apps.accounts.http import TokenRequest
from apps.accounts.permissions import Action, require
from apps.lib.errors import DomainError, MalformedError, NotFoundError, TooLargeError
from apps.lib.http import WrongTypeError
from apps.lib.json import JsonObject
from apps.workflows.forms import MAX_MODEL_BYTES
from apps.workflows.models import Decision, Workflow, WorkflowInstance
from apps.workflows.uploads import problems_of

XML_TYPES = {"application/xml", "text/xml", "application/octet-stream", ""}
MAX_ID = 2**63

XML_BODY: JsonObject = {
    "requestBody": {
        "required": True,
        "content": {"application/xml": {"schema": {"type": "string", "format": "binary"}}},
    }
}


def find_workflow(request: TokenRequest, key: str) -> Workflow:
    require(request.user, Action.VIEW, request.folder.pk)
    found = Workflow.objects.filter(folder=request.folder, key=key).first()
    if found is None:
        raise NotFoundError(_("There is no workflow “%(key)s” in this folder.") % {"key": key})
    workflow: Workflow = found
    return workflow


def find_instance(request: TokenRequest, number: int) -> WorkflowInstance:
    require(request.user, Action.VIEW, request.folder.pk)
    found = None
    if number < MAX_ID:
        instances = WorkflowInstance.objects.filter(folder=request.folder, pk=number)
        found = instances.select_related("workflow", "version", "folder").first()
    if found is None:
        raise NotFoundError(_("There is no instance %(id)d in this folder.") % {"id": number})
    instance: WorkflowInstance = found
    return instance


def find_decision(request: TokenRequest, key: str) -> Decision:
    require(request.user, Action.VIEW, request.folder.pk)
    found = Decision.objects.filter(folder=request.folder, key=key).first()
    if found is None:
        raise NotFoundError(_("There is no decision “%(key)s” in this folder.") % {"key": key})
    decision: Decision = found
    return decision


def read_xml(request: HttpRequest) -> bytes:
    """Return the body, which is a model. Raises WrongTypeError, TooLargeError, MalformedError."""
    kind = request.content_type or ""
    if kind not in XML_TYPES and not kind.endswith("+xml"):
        text = _("Send the model as Content-Type: application/xml; this said %(said)s.")
        raise WrongTypeError(text % {"said": kind[:80]})
    if len(request.body) > MAX_MODEL_BYTES:
        raise TooLargeError(_("A model may have 5 MB."))
    if not request.body.strip():
        raise MalformedError(_("The body is empty; it must be the model's XML."))
    return request.body


def with_problems(error: DomainError) -> DomainError:
    """Return the error with each problem of the model, its element and line, by name."""
    problems = problems_of(error)
    if problems:
        details: dict[str, Any] = {"problems": [each.as_json for each in problems]}
        error.details = details  # type: ignore[attr-defined]
    return error
