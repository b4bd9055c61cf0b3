"""The upload page: a model is deployed, or each thing that stands against it is shown."""

import json
from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from apps.accounts.http import PersonRequest
from apps.accounts.permissions import Action, require
from apps.lib.errors import DomainError, NotFoundError
from apps.workflows import lifecycle, patterns
from apps.workflows.forms import UploadForm
from apps.workflows.models import DecisionVersion, WorkflowVersion
from apps.workflows.uploads import has_drawing, is_decision_model, marked, problems_of

PAGE = "workflows/upload.html"


@require_http_methods(["GET", "POST"])
def workflow_upload(request: PersonRequest) -> HttpResponse:
    require(request.user, Action.DESIGN, request.folder.pk)
    if request.method != "POST":
        return _page(request, UploadForm())
    if name := request.POST.get("pattern", ""):
        return _deploy_pattern(request, name)
    form = UploadForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, form, status=422)
    xml = form.cleaned_data["file"].read()
    try:
        return _deploy(request, xml, note=form.cleaned_data["note"])
    except DomainError as error:
        return _refused(request, form, xml, error)


def _deploy_pattern(request: PersonRequest, name: str) -> HttpResponse:
    pattern = patterns.BY_NAME.get(name)
    if pattern is None:
        raise NotFoundError(_("There is no such pattern."))
    return _deploy(request, pattern.xml, note=str(pattern.title))


def _deploy(request: PersonRequest, xml: bytes, *, note: str) -> HttpResponse:
    actor, source = request.user.actor, WorkflowVersion.Source.PAGE
    if is_decision_model(xml):
        decisions = lifecycle.deploy_decision(
            request.folder, xml, by=actor, source=source, note=note
        )
        for decided in decisions.versions:
            _say_which(request, decided.decision.title, decided, is_new=decided in decisions.new)
        return redirect("decisions:decision_detail", pk=decisions.versions[0].decision_id)
    deployed = lifecycle.deploy(request.folder, xml, by=actor, source=source, note=note)
    for version in deployed.versions:
        _say_which(request, version.workflow.title, version, is_new=version in deployed.new)
    _say_what_was_made(request, deployed.created_queues)
    return redirect("workflows:workflow_detail", pk=deployed.versions[0].workflow_id)


def _say_which(
    request: PersonRequest, title: str, version: WorkflowVersion | DecisionVersion, *, is_new: bool
) -> None:
    words = {"title": title, "number": version.number}
    if is_new:
        messages.success(request, _("Deployed %(title)s, version %(number)d.") % words)
        return
    text = _("%(title)s: nothing new was deployed, since version %(number)d has the same content.")
    messages.info(request, text % words)


def _say_what_was_made(request: PersonRequest, queues: Sequence[Any]) -> None:
    if queues:
        text = ngettext("Made the queue %(queues)s.", "Made the queues %(queues)s.", len(queues))
        messages.info(request, text % {"queues": ", ".join(str(queue) for queue in queues)})


def _refused(
    request: PersonRequest, form: UploadForm, xml: bytes, error: DomainError
) -> HttpResponse:
    problems = problems_of(error)
    context = {
        "problems": problems,
        "refusal": error,
        "xml": xml.decode("utf-8", errors="replace"),
        "has_drawing": has_drawing(xml, problems),
        "marked": json.dumps(marked(problems)),
    }
    return _page(request, form, status=422, **context)


def _page(
    request: PersonRequest, form: UploadForm, *, status: int = 200, **context: Any
) -> HttpResponse:
    context |= {"form": form, "patterns": patterns.PATTERNS}
    return render(request, PAGE, context, status=status)
