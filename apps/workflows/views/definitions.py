"""The list of workflows, one workflow, starting it, its models."""

import json
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from apps.accounts.http import PersonRequest
from apps.accounts.permissions import Action, can, require
from apps.lib.errors import DomainError, NotFoundError
from apps.lib.numbers import VERSIONS, whole_number
from apps.workflows import catalog, lifecycle, marks, patterns
from apps.workflows.drawing import extent_of
from apps.workflows.models import Workflow, WorkflowVersion
from apps.workflows.outline import graph_of
from apps.workflows.starting import StartEntry

from .instances import MANY_SHAPES

XML = "application/xml"


@require_safe
def workflow_list(request: PersonRequest) -> HttpResponse:
    may_design = can(request.user, Action.DESIGN, request.folder.pk)
    return render(request, "workflows/workflow_list.html", {"may_design": may_design})


@require_safe
def workflow_detail(request: PersonRequest, pk: int) -> HttpResponse:
    """The latest version, or the one that `?version=` numbers."""
    workflow = _find(request, pk)
    version = _version(workflow, request.GET.get("version", ""))
    shown = marks.marks_of_version(version)
    context = {
        "workflow": workflow,
        "version": version,
        "versions": catalog.version_rows(workflow),
        "marks": json.dumps(shown),
        "digest": marks.digest_of(shown),
        "live_arg": f"workflow={workflow.pk}&version={version.pk}",
        "extent": extent_of(version.xml),
        "is_large": len(graph_of(version.pk).nodes) > MANY_SHAPES,
        "may_operate": can(request.user, Action.OPERATE, workflow.folder_id),
        "may_design": can(request.user, Action.DESIGN, workflow.folder_id),
    }
    return render(request, "workflows/workflow_detail.html", context)


@require_http_methods(["GET", "POST"])
def workflow_start(request: PersonRequest, pk: int) -> HttpResponse:
    workflow = _find(request, pk)
    require(request.user, Action.OPERATE, workflow.folder_id)
    version = _version(workflow, "")
    entry = StartEntry(version, request)
    is_sent = request.method == "POST" and not entry.wants_rows
    if is_sent and entry.is_valid():
        instance = _start(request, workflow, entry)
        if instance is not None:
            messages.success(request, _("Started %(instance)s.") % {"instance": instance})
            return redirect("instances:instance_detail", pk=instance.pk)
    context = {"workflow": workflow, "version": version, "entry": entry}
    return render(request, "workflows/start.html", context, status=422 if is_sent else 200)


def _start(request: PersonRequest, workflow: Workflow, entry: StartEntry) -> Any:
    """Start an instance; None, with the reason at the form, when it is refused."""
    try:
        return lifecycle.start_instance(
            workflow,
            entry.variables,
            by=request.user.actor,
            business_key=entry.about.cleaned_data["business_key"],
        )
    except DomainError as error:
        entry.about.add_error(None, error.message)
        return None


@require_safe
def version_xml(request: PersonRequest, pk: int, number: int) -> HttpResponse:
    """The model as it is executed, or with `?original=1` as it was uploaded."""
    workflow = _find(request, pk)
    version = get_object_or_404(workflow.versions, number=number)
    xml = version.original if request.GET.get("original") and version.original else version.xml
    name = f"{slugify(workflow.key) or 'workflow'}-v{version.number}.bpmn"
    return as_attachment(xml, name=name)


@require_safe
def pattern_download(request: PersonRequest, name: str) -> HttpResponse:
    pattern = patterns.BY_NAME.get(name)
    if pattern is None:
        raise NotFoundError(_("There is no such pattern."))
    return as_attachment(pattern.xml.decode(), name=f"{name}.bpmn")


def as_attachment(xml: str, *, name: str) -> HttpResponse:
    """An attachment: a browser must not run what somebody drew."""
    response = HttpResponse(xml, content_type=XML)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _find(request: PersonRequest, pk: int) -> Workflow:
    workflow: Workflow = get_object_or_404(Workflow.objects.visible_to(request.user), pk=pk)
    return workflow


def _version(workflow: Workflow, number: str) -> WorkflowVersion:
    versions = workflow.versions.defer("original").order_by("-number")
    wanted = whole_number(number, below=VERSIONS)
    if wanted is not None:
        return get_object_or_404(versions, number=wanted)
    latest = versions.first()
    if latest is None:
        raise NotFoundError(_("Nothing was deployed for this workflow yet."))
    return latest
