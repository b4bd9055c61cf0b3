"""Settings of bots, pools and automations: each save shows what was and what is."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db import models, transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from apps.accounts.http import PersonRequest
from apps.accounts.permissions import Action, can, may_change, require
from apps.events.bus import publish
from apps.lib.forms import disable_all
from apps.lib.json import Json
from apps.lib.settings_diff import changes_between

from .canary_views import canary_context
from .forms import AutomationForm, BotForm, FolderForm, PoolForm
from .models import Automation, Bot, BotPool


@dataclass(frozen=True)
class Kind:
    """Something that can be set here: its form, its words, the right it needs."""

    form: type[FolderForm]
    model: type[models.Model]
    subject: str
    new: Any
    action: Action


KINDS = {
    "bot": Kind(BotForm, Bot, "bot", gettext_lazy("New bot"), Action.ADMINISTER),
    "pool": Kind(PoolForm, BotPool, "bot_pool", gettext_lazy("New pool"), Action.ADMINISTER),
    "automation": Kind(
        AutomationForm, Automation, "automation", gettext_lazy("New automation"), Action.DESIGN
    ),
}


@require_safe
def bot_settings_list(request: PersonRequest) -> HttpResponse:
    # designers set what automations may take; bots and pools are the admins'
    user, folder_id = request.user, request.folder.pk
    may_change(user, Action.DESIGN, folder_id, method=request.method or "")
    may_administer = can(user, Action.ADMINISTER, folder_id)
    context = {
        "may_administer": may_administer,
        "may_see_bots": may_administer or can(user, Action.AUDIT, folder_id),
        "bots": _readable(request, KINDS["bot"]).select_related("pool"),
        "pools": _readable(request, KINDS["pool"]).annotate(n_bots=models.Count("bots")),
        "automations": _readable(request, KINDS["automation"]).select_related("pool"),
    }
    return render(request, "bots/settings_list.html", context)


@require_http_methods(["GET", "POST"])
def create(request: PersonRequest, kind: str) -> HttpResponse:
    wanted = _kind(kind)
    if wanted.model is Automation:
        raise Http404  # automations come from code; see docs/bots.md
    require(request.user, wanted.action, request.folder.pk)
    return _form_page(request, kind, wanted.model(folder=request.folder))


@require_http_methods(["GET", "POST"])
def edit(request: PersonRequest, kind: str, pk: int) -> HttpResponse:
    found = get_object_or_404(_readable(request, _kind(kind)), pk=pk)
    return _form_page(request, kind, found)


def _readable(request: PersonRequest, kind: Kind) -> Any:
    found: Any = kind.model._default_manager
    return found.visible_to(request.user, kind.action, Action.AUDIT)


def _form_page(request: PersonRequest, kind: str, instance: Any) -> HttpResponse:
    wanted = KINDS[kind]
    may = may_change(request.user, wanted.action, instance.folder_id, method=request.method or "")
    form = wanted.form(request.POST or None, instance=instance, folder=instance.folder)
    if not may:
        disable_all(form)
    before = form.snapshot()
    if request.method == "POST" and form.is_valid():
        changes = _save(request, form, wanted, before)
        messages.success(request, _("Saved: %(n)s changes.") % {"n": len(changes)})
        request.session["settings_changes"] = {"of": [kind, form.instance.pk], "changes": changes}
        return redirect("bot_settings:edit", kind=kind, pk=form.instance.pk)
    shown = request.session.pop("settings_changes", None) or {}
    context = {
        "form": form,
        "may_change": may,
        "title": str(instance) if instance.pk else wanted.new,
        "changes": shown.get("changes", []) if shown.get("of") == [kind, instance.pk] else [],
    }
    if isinstance(instance, Automation):
        context |= canary_context(instance, may_change=may)
    status = 422 if request.method == "POST" else 200
    return render(request, "bots/settings_form.html", context, status=status)


def _save(
    request: PersonRequest, form: FolderForm, kind: Kind, before: dict[str, Any]
) -> list[Json]:
    with transaction.atomic():
        saved = form.save()
        changes = changes_between(form, before, form.snapshot())
        if changes:
            verb = "changed" if before else "created"
            publish(
                f"{kind.subject}.{verb}",
                subject=(kind.subject, saved.pk),
                folder_id=saved.folder_id,
                by=request.user.actor,
                data={"changes": changes},
                topics=["bots"],
            )
    return changes


def _kind(kind: str) -> Kind:
    if kind not in KINDS:
        raise Http404
    return KINDS[kind]
