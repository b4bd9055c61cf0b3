"""The list of alerts, one of them, and what people do about it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from apps.accounts.http import PersonRequest
from apps.accounts.permissions import Action, can, require, rights_of
from apps.alerts import lifecycle
from apps.alerts.forms import AssignForm, CommentForm, SnoozeForm
from apps.alerts.listing import PAGE_SIZE, AlertFilter, find_alert
from apps.alerts.models import Alert
from apps.lib.clock import database_now
from apps.lib.errors import DomainError
from apps.lib.numbers import whole_number

USUAL_SNOOZE = timedelta(hours=1)
Context = dict[str, Any]


@require_safe
def alert_list(request: PersonRequest) -> HttpResponse:
    query = AlertFilter.parse(request.META["QUERY_STRING"]).query()
    return render(request, "alerts/list.html", list_context(request, query))


@require_safe
def alert_detail(request: PersonRequest, pk: int) -> HttpResponse:
    return render(request, "alerts/detail.html", detail_context(request, find(request, pk)))


@require_POST
def acknowledge_chosen(request: PersonRequest) -> HttpResponse:
    """Acknowledge those that were chosen on the list; what somebody else was first at is left."""
    ids = {whole_number(text) or 0 for text in request.POST.getlist("ids")[:PAGE_SIZE]}
    chosen = Alert.objects.visible_to(request.user, Action.OPERATE).filter(pk__in=ids)
    n = len(
        lifecycle.acknowledge_all(list(chosen.values_list("pk", flat=True)), by=request.user.actor)
    )
    n_left = len(ids) - n
    if n:
        said = ngettext("%(n)d alert is acknowledged.", "%(n)d alerts are acknowledged.", n)
        messages.success(request, said % {"n": n})
    if n_left or not n:
        said = ngettext(
            "%(n)d was taken by somebody already, or is over.",
            "%(n)d were taken by somebody already, or are over.",
            n_left,
        )
        messages.warning(request, said % {"n": n_left})
    return redirect("alerts:list")


@require_POST
def alert_acknowledge(request: PersonRequest, pk: int) -> HttpResponse:
    done = _("“%s” is acknowledged.")
    return _act(request, pk, lambda alert, by: lifecycle.acknowledge(alert, by=by), done)


@require_POST
def alert_resolve(request: PersonRequest, pk: int) -> HttpResponse:
    done = _("“%s” is over.")
    return _act(request, pk, lambda alert, by: lifecycle.resolve(alert, by=by), done)


@require_POST
def alert_snooze(request: PersonRequest, pk: int) -> HttpResponse:
    """Until the time of the form, on the person's clock; without one for an hour."""
    until: datetime = database_now() + USUAL_SNOOZE
    if "until" in request.POST:
        form = SnoozeForm(request.POST)
        if not form.is_valid():
            messages.error(request, _("Say until when: a date and a time."))
            return redirect("alerts:detail", pk=find(request, pk).pk)
        until = form.cleaned_data["until"].replace(tzinfo=timezone.get_current_timezone())
    said = f"{timezone.localtime(until):%Y-%m-%d %H:%M}"
    done = _("“%(title)s” is put off until %(time)s.") % {"title": "%s", "time": said}
    return _act(request, pk, lambda alert, by: lifecycle.snooze(alert, until=until, by=by), done)


@require_POST
def alert_assign(request: PersonRequest, pk: int) -> HttpResponse:
    alert = find(request, pk)
    form = AssignForm(request.POST, alert=alert)
    if not form.is_valid():
        require(request.user, Action.OPERATE, alert.folder_id)
        messages.error(request, _("Choose somebody of this folder."))
        return redirect("alerts:detail", pk=pk)
    chosen = form.chosen()
    done = _("“%s” is handed over.")
    return _act(request, pk, lambda found, by: lifecycle.assign(found, **chosen, by=by), done)


@require_POST
def alert_comment(request: PersonRequest, pk: int) -> HttpResponse:
    alert = find(request, pk)
    require(request.user, Action.OPERATE, alert.folder_id)
    form = CommentForm(request.POST)
    if not form.is_valid():
        context = detail_context(request, alert) | {"comment_form": form}
        return render(request, "alerts/detail.html", context, status=422)
    lifecycle.comment(alert, form.cleaned_data["text"], by=request.user.actor)
    return redirect(reverse("alerts:detail", args=[pk]) + "#comments")


def find(request: PersonRequest, pk: int) -> Alert:
    """Return the alert if it lies where the person may look; else 404."""
    alert = find_alert(rights_of(request.user).folder_ids(Action.VIEW), pk)
    if alert is None:
        raise Http404
    return alert


def list_context(request: PersonRequest, query: str) -> Context:
    return {
        "list_arg": query,
        "may_operate": can(request.user, Action.OPERATE, request.folder.pk),
        "may_design": can(request.user, Action.DESIGN, request.folder.pk),
    }


def detail_context(request: PersonRequest, alert: Alert) -> Context:
    until = timezone.localtime(database_now() + USUAL_SNOOZE).replace(second=0, microsecond=0)
    return {
        "alert": alert,
        "is_open": alert.status != Alert.Status.RESOLVED,
        "is_free": alert.status in (Alert.Status.FIRING, Alert.Status.SNOOZED),
        "may_operate": can(request.user, Action.OPERATE, alert.folder_id),
        "snooze_form": SnoozeForm(initial={"until": until}),
        "assign_form": AssignForm(alert=alert),
        "comment_form": CommentForm(),
    }


def _act(
    request: PersonRequest, pk: int, verb: Callable[[Alert, Any], object], done: str
) -> HttpResponse:
    """Do it, and show the list or the page that it was asked from as it is now."""
    alert = find(request, pk)
    require(request.user, Action.OPERATE, alert.folder_id)
    try:
        verb(alert, request.user.actor)
    except DomainError as error:
        return _answer(request, alert, error.message, tone="watch")
    return _answer(request, alert, done % alert.title)


def _answer(request: PersonRequest, alert: Alert, text: str, *, tone: str = "ok") -> HttpResponse:
    from_list = "list" in request.GET
    query = AlertFilter.parse(request.GET.get("list", "")).query()
    if request.htmx and from_list:
        context = list_context(request, query) | {"text": text, "tone": tone}
        return render(request, "alerts/list.html#after", context)
    (messages.success if tone == "ok" else messages.warning)(request, text)
    if from_list:
        return redirect(reverse("alerts:list") + (f"?{query}" if query else ""))
    return redirect("alerts:detail", pk=alert.pk)
