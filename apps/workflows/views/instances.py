"""The list of instances, one instance, and what a person may do with it."""

import json
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.accounts.http import PersonRequest
from apps.accounts.permissions import Action, can, require
from apps.lib.errors import NotFoundError
from apps.workflows import lifecycle, marks
from apps.workflows.drawing import extent_of
from apps.workflows.forms import ReasonForm
from apps.workflows.listing import InstanceFilter
from apps.workflows.models import WorkflowInstance
from apps.workflows.outline import graph_of
from apps.workflows.standing import VERBS

MANY_SHAPES = 150

ACTS: dict[str, Callable[..., Any]] = {
    "pause": lifecycle.pause_instance,
    "resume": lifecycle.resume_instance,
    "cancel": lifecycle.cancel_instance,
}


@require_safe
def instance_list(request: PersonRequest) -> HttpResponse:
    require(request.user, Action.VIEW, request.folder.pk)
    wanted = InstanceFilter.parse(request.META["QUERY_STRING"])
    return render(request, "workflows/instance_list.html", {"list_arg": wanted.query()})


@require_safe
def instance_detail(request: PersonRequest, pk: int) -> HttpResponse:
    instance = _find(request, pk)
    shown = marks.marks_of_instance(instance)
    context = {
        "instance": instance,
        "marks": json.dumps(shown),
        "digest": marks.digest_of(shown),
        "extent": extent_of(instance.version.xml),
        "is_large": len(graph_of(instance.version_id).nodes) > MANY_SHAPES,
        "may_operate": can(request.user, Action.OPERATE, instance.folder_id),
        "verbs": [(verb, ReasonForm(auto_id=f"id_{verb.name}_%s")) for verb in VERBS],
    }
    return render(request, "workflows/instance_detail.html", context)


@require_POST
def instance_verb(request: PersonRequest, pk: int, verb: str) -> HttpResponse:
    instance = _find(request, pk)
    require(request.user, Action.OPERATE, instance.folder_id)
    if verb not in ACTS:
        raise NotFoundError(_("There is no such action on an instance."))
    form = ReasonForm(request.POST)
    if form.is_valid():
        ACTS[verb](instance, by=request.user.actor, reason=form.cleaned_data["reason"])
    else:
        messages.error(request, _("Say why: others will want to know."))
    return redirect("instances:instance_detail", pk=pk)


def _find(request: PersonRequest, pk: int) -> WorkflowInstance:
    visible = WorkflowInstance.objects.visible_to(request.user).select_related(
        "workflow", "version", "folder", "parent__workflow"
    )
    instance: WorkflowInstance = get_object_or_404(visible, pk=pk)
    return instance
