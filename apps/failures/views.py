"""The pages of failures: all groups, one of them, and what people do with one or several."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from apps.accounts.http import PersonRequest
from apps.accounts.permissions import Action, can, require, rights_of
from apps.lib.clock import database_now
from apps.lib.errors import DomainError, InvalidError
from apps.lib.numbers import whole_number

from . import lifecycle, presenting
from .forms import AssignForm, MuteForm, ResolveForm, RunbookForm, refusal_in
from .listing import PAGE_SIZE, FailureFilter, with_places
from .models import FailureGroup

USUAL_MUTE = timedelta(days=1)

Act = Callable[[FailureGroup], object]


@require_safe
def failure_list(request: PersonRequest) -> HttpResponse:
    wanted = FailureFilter.parse(request.META.get("QUERY_STRING", ""))
    context = {
        "list_arg": wanted.query(),
        "wanted": wanted,
        "may_operate": bool(rights_of(request.user).folder_ids(Action.OPERATE)),
        "mine_url": f"?{wanted.but(owner=request.user.pk).query()}",
        "all_url": f"?{wanted.but(owner=None).query()}",
        "is_mine": wanted.owner == request.user.pk,
    }
    return render(request, "failures/failure_list.html", context)


@require_safe
def failure_detail(request: PersonRequest, pk: int) -> HttpResponse:
    return _page(request, _find(request, pk))


@require_POST
def failure_retry(request: PersonRequest, pk: int) -> HttpResponse:
    by = request.user.actor
    said = _("One item is tried first; the rest follows when that goes well.")
    return _do(request, pk, lambda group: lifecycle.retry_group(group.pk, by=by), said)


@require_POST
def failure_cancel_retry(request: PersonRequest, pk: int) -> HttpResponse:
    by = request.user.actor
    said = _("The retry is cancelled.")
    return _do(request, pk, lambda group: lifecycle.cancel_retry(group.pk, by=by), said)


@require_POST
def failure_assign(request: PersonRequest, pk: int) -> HttpResponse:
    form = AssignForm(request.POST, group=_operated(request, pk))
    by = request.user.actor

    def assign(group: FailureGroup) -> object:
        return lifecycle.assign_group(group.pk, form.cleaned_data["owner"], by=by)

    return _do_with(request, pk, form, assign, _("Saved."), "assign")


@require_POST
def failure_mute(request: PersonRequest, pk: int) -> HttpResponse:
    form, by = MuteForm(request.POST), request.user.actor

    def mute(group: FailureGroup) -> object:
        note = form.cleaned_data["note"]
        return lifecycle.mute_group(group.pk, form.moment(), by=by, note=note)

    return _do_with(request, pk, form, mute, _("It is muted."), "mute")


@require_POST
def failure_unmute(request: PersonRequest, pk: int) -> HttpResponse:
    by = request.user.actor
    said = _("It is not muted any more.")
    return _do(request, pk, lambda group: lifecycle.unmute_group(group.pk, by=by), said)


@require_POST
def failure_resolve(request: PersonRequest, pk: int) -> HttpResponse:
    form, by = ResolveForm(request.POST), request.user.actor

    def resolve(group: FailureGroup) -> object:
        return lifecycle.resolve_group(group.pk, by=by, note=form.cleaned_data["note"])

    said = _("It is resolved. If it happens again, it is back.")
    return _do_with(request, pk, form, resolve, said, "resolve")


@require_POST
def failure_reopen(request: PersonRequest, pk: int) -> HttpResponse:
    by = request.user.actor
    said = _("It is open again.")
    return _do(request, pk, lambda group: lifecycle.reopen_group(group.pk, by=by), said)


@require_POST
def failure_runbook(request: PersonRequest, pk: int) -> HttpResponse:
    form, by = RunbookForm(request.POST), request.user.actor

    def save(group: FailureGroup) -> object:
        return lifecycle.set_runbook(group.pk, form.cleaned_data["runbook_url"], by=by)

    return _do_with(request, pk, form, save, _("Saved."), "runbook")


@require_POST
def failure_rule(request: PersonRequest, pk: int) -> HttpResponse:
    by = request.user.actor
    said = _("From the next try on, it goes where data problems go.")
    act: Act = lambda group: lifecycle.treat_as_business(group.pk, by=by)  # noqa: E731
    return _do(request, pk, act, said, Action.DESIGN)


@require_POST
def failure_unrule(request: PersonRequest, pk: int) -> HttpResponse:
    by = request.user.actor
    said = _("From the next try on, it counts as bots report it.")
    act: Act = lambda group: lifecycle.treat_as_reported(group.pk, by=by)  # noqa: E731
    return _do(request, pk, act, said, Action.DESIGN)


@require_POST
def failures_do(request: PersonRequest) -> HttpResponse:
    """Do the same to all that were chosen on the list; each by itself, and say what was left."""
    act = _verbs(request).get(request.POST.get("do", ""))
    if act is None:
        raise InvalidError(_("Say what is to be done."))
    ids = {whole_number(text) or 0 for text in request.POST.getlist("ids")[:PAGE_SIZE]}
    visible = FailureGroup.objects.visible_to(request.user, Action.OPERATE)
    done, refused = 0, ""
    for group in visible.filter(pk__in=ids).order_by("pk"):
        try:
            act(group)
            done += 1
        except DomainError as error:
            refused = f"{presenting.title_of(group)[:80]}: {error.message}"
    if refused:
        messages.warning(request, refused)
    said = ngettext("%(n)d failure: done.", "%(n)d failures: done.", done) % {"n": done}
    if done or not refused:
        messages.success(request, said)
    return redirect(_next(request))


def _verbs(request: PersonRequest) -> dict[str, Act]:
    person, by = request.user, request.user.actor
    return {
        "retry": lambda group: lifecycle.retry_group(group.pk, by=by),
        "mine": lambda group: lifecycle.assign_group(group.pk, person, by=by),
        "mute": lambda group: lifecycle.mute_group(group.pk, database_now() + USUAL_MUTE, by=by),
        "resolve": lambda group: lifecycle.resolve_group(group.pk, by=by),
    }


def _do(
    request: PersonRequest, pk: int, act: Act, said: str, action: Action = Action.OPERATE
) -> HttpResponse:
    group = _operated(request, pk, action)
    try:
        act(group)
    except DomainError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, said)
    return redirect("failures:detail", pk=pk)


def _do_with(  # noqa: PLR0913 - what differs between forms
    request: PersonRequest, pk: int, form: Any, act: Act, said: str, name: str
) -> HttpResponse:
    """The same with a form; refused, it is shown again with what was entered."""
    group = _operated(request, pk)
    if not form.is_valid():
        messages.error(request, refusal_in(form))
        return _page(request, group, {f"{name}_form": form, f"{name}_refused": True}, status=422)
    try:
        act(group)
    except InvalidError as error:
        for problem in error.fields:
            form.add_error(problem.path if problem.path in form.fields else None, problem.message)
        return _page(request, group, {f"{name}_form": form, f"{name}_refused": True}, status=422)
    except DomainError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, said)
    return redirect("failures:detail", pk=pk)


def _page(
    request: PersonRequest,
    group: FailureGroup,
    more: dict[str, Any] | None = None,
    status: int = 200,
) -> HttpResponse:
    until = timezone.localtime(database_now() + USUAL_MUTE).replace(second=0, microsecond=0)
    cursor = FailureFilter.parse(request.META.get("QUERY_STRING", "")).after
    context = {
        "group": group,
        "title": presenting.title_of(group)[:200],
        "about": presenting.about(group),
        "place_url": presenting.place_url(group),
        "items_arg": f"{group.pk}?after={cursor}" if cursor else group.pk,
        "may_operate": can(request.user, Action.OPERATE, group.folder_id),
        "history": presenting.history(group),
        "assign_form": AssignForm(group=group),
        "mute_form": MuteForm(initial={"until": until}),
        "resolve_form": ResolveForm(),
        "runbook_form": RunbookForm(initial={"runbook_url": group.runbook_url}),
        **(more or {}),
    }
    return render(request, "failures/failure_detail.html", context, status=status)


def _find(request: PersonRequest, pk: int) -> FailureGroup:
    """Return the group if it lies where the person may look; else 404."""
    rows = with_places(FailureGroup.objects.visible_to(request.user))
    found: FailureGroup = get_object_or_404(rows, pk=pk)
    return found


def _operated(request: PersonRequest, pk: int, action: Action = Action.OPERATE) -> FailureGroup:
    group = _find(request, pk)
    require(request.user, action, group.folder_id)
    return group


def _next(request: PersonRequest) -> str:
    """Return to the list as it was, filters and all."""
    wanted = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()})
    return wanted if is_ours and wanted.startswith("/") else reverse("failures:list")
