"""Prompts: the list, one with its versions, and writing the next version."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from apps.accounts.http import PersonRequest
from apps.accounts.permissions import Action, can, require
from apps.ai import lifecycle, presenting
from apps.ai.forms import PromptForm
from apps.ai.models import Prompt, PromptVersion
from apps.lib.errors import DomainError
from apps.lib.numbers import VERSIONS, whole_number

from .finding import find, form_page, may_design


@require_safe
def prompt_list(request: PersonRequest) -> HttpResponse:
    prompts = Prompt.objects.visible_to(request.user).prefetch_related("versions")
    rows = [{"prompt": each, "version": each.versions.all()[:1]} for each in prompts]
    return render(request, "ai/prompt_list.html", {"rows": rows, "may_design": may_design(request)})


@require_safe
def prompt_detail(request: PersonRequest, pk: int) -> HttpResponse:
    prompt = find(request, Prompt, pk)
    number = request.GET.get("version", "")
    versions = list(prompt.versions.all())
    if number:
        wanted = whole_number(number, below=VERSIONS) or 0
        version = get_object_or_404(prompt.versions, number=wanted)
    else:
        version = versions[0]
    context = {
        "prompt": prompt,
        "version": version,
        "versions": versions,
        "schema": presenting.pretty(version.schema),
        "may_design": can(request.user, Action.DESIGN, prompt.folder_id),
    }
    return render(request, "ai/prompt_detail.html", context)


@require_http_methods(["GET", "POST"])
def prompt_create(request: PersonRequest) -> HttpResponse:
    require(request.user, Action.DESIGN, request.folder.pk)
    return _write(request, None, None)


@require_http_methods(["GET", "POST"])
def prompt_edit(request: PersonRequest, pk: int) -> HttpResponse:
    prompt = find(request, Prompt, pk)
    require(request.user, Action.DESIGN, prompt.folder_id)
    return _write(request, prompt, prompt.versions.first())


def _write(
    request: PersonRequest, prompt: Prompt | None, latest: PromptVersion | None
) -> HttpResponse:
    folder = prompt.folder if prompt else request.folder
    initial: dict[str, Any] = {}
    if prompt and latest:
        initial = {
            "key": prompt.key,
            "title": prompt.title,
            "text": latest.text,
            "schema": latest.schema,
            "document_class": latest.document_class,
        }
    form = PromptForm(request.POST or None, initial=initial, folder=folder, prompt=prompt)
    if request.method == "POST" and form.is_valid():
        saved = _save(request, folder, form)
        if saved is not None:
            messages.success(request, _("Saved as version %(n)s.") % {"n": saved.number})
            return redirect("ai:prompt_detail", pk=saved.prompt_id)
    back = reverse("ai:prompt_detail", args=[prompt.pk]) if prompt else reverse("ai:prompt_list")
    context = {
        "form": form,
        "may_change": True,
        "title": prompt.title if prompt else _("New prompt"),
        "back_url": back,
        "back_label": _("Prompts"),
        "is_wide": True,
    }
    return form_page(request, context)


def _save(request: PersonRequest, folder: Any, form: PromptForm) -> PromptVersion | None:
    said = form.cleaned_data
    try:
        return lifecycle.save_prompt(
            folder, key=said["key"], title=said["title"], version=said, by=request.user.actor
        )
    except DomainError as error:
        form.refuse(error)
        return None
