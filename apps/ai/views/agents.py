"""Agents: their profiles, their runs, and a transcript as it grows."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.http import PersonRequest
from apps.accounts.permissions import Action, can, require
from apps.ai import lifecycle, presenting
from apps.ai.agent.tools import registered_tools
from apps.ai.forms import AgentForm
from apps.ai.models import AgentProfile, AgentRun
from apps.lib.forms import disable_all
from apps.lib.settings_diff import changes_between

from .finding import find, form_page, keep_changes, kept_changes, may_design, stored


@require_safe
def agent_list(request: PersonRequest) -> HttpResponse:
    context = {
        "profiles": AgentProfile.objects.visible_to(request.user).select_related("endpoint"),
        "tools": registered_tools(),
        "query": request.GET.urlencode()[:300],
        "may_design": may_design(request),
    }
    return render(request, "ai/agent_list.html", context)


@require_http_methods(["GET", "POST"])
def agent_create(request: PersonRequest) -> HttpResponse:
    require(request.user, Action.DESIGN, request.folder.pk)
    return _settings(request, AgentProfile(folder=request.folder))


@require_http_methods(["GET", "POST"])
def agent_detail(request: PersonRequest, pk: int) -> HttpResponse:
    return _settings(request, find(request, AgentProfile, pk))


def _settings(request: PersonRequest, profile: AgentProfile) -> HttpResponse:
    is_post = request.method == "POST"
    if is_post:
        require(request.user, Action.DESIGN, profile.folder_id)
    may = can(request.user, Action.DESIGN, profile.folder_id)
    title = profile.title if profile.pk else _("New agent")
    form = AgentForm(request.POST or None, instance=profile, folder=profile.folder)
    if not may:
        disable_all(form)
    if is_post and form.is_valid():
        before = stored(AgentProfile, profile.pk, list(form.fields))
        changed = form.save(commit=False)
        after = {name: getattr(changed, changed._meta.get_field(name).attname) for name in before}
        changes = changes_between(form, before, after)
        lifecycle.save_profile(changed, changes=changes, by=request.user.actor)
        messages.success(request, _("Saved: %(n)s changes.") % {"n": len(changes)})
        keep_changes(request, "agent", changed.pk, changes)
        return redirect("ai:agent_detail", pk=changed.pk)
    context = {
        "form": form,
        "may_change": may,
        "title": title,
        "sub": _("Version %s") % profile.version if profile.pk else "",
        "back_url": reverse("ai:agent_list"),
        "back_label": _("Agents"),
        "changes": kept_changes(request, "agent", profile.pk),
    }
    return form_page(request, context)


@require_safe
def agent_run_detail(request: PersonRequest, pk: int) -> HttpResponse:
    run = find(request, AgentRun, pk)
    context = {
        "run": run,
        "hides": presenting.has_personal(run.item_id),
        "may_reveal": can(request.user, Action.REVEAL, run.folder_id),
    }
    return render(request, "ai/agent_run_detail.html", context)


@require_POST
def agent_run_reveal(request: PersonRequest, pk: int) -> HttpResponse:
    """Show a transcript with personal data once; that somebody looked is written down."""
    run = find(request, AgentRun, pk)
    require(request.user, Action.REVEAL, run.folder_id)
    presenting.record_reveal("agent_run", run.pk, run.folder_id, by=request.user.actor)
    context = {**presenting.agent_run_context(run, hides=False), "is_revealed": True}
    return render(request, "ai/agent_run_detail.html", context)
