"""What people do with triggers at hand: start, try out, pause and resume, roll back, remove."""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from apps.accounts.http import PersonRequest
from apps.accounts.models import Folder
from apps.accounts.permissions import Action, can, require
from apps.lib.errors import DomainError
from apps.triggers import lifecycle
from apps.triggers.differences import differences, shown
from apps.triggers.forms import MAX_REASON, PauseForm
from apps.triggers.listing import TriggerFilter
from apps.triggers.models import Firing, Trigger
from apps.triggers.presenting import moment

from .looking import SAVED, detail_context, find, list_context


@require_POST
def trigger_pause(request: PersonRequest, pk: int) -> HttpResponse:
    """Pause it until somebody resumes it, or as an undo says: until when it was paused before."""
    trigger = _operable(request, pk)
    until, reason = _moment(request.GET.get("until", "")), request.GET.get("reason", "")
    lifecycle.pause_trigger(trigger, by=request.user.actor, until=until, reason=reason[:MAX_REASON])
    undo = _address("triggers:resume", trigger, request)
    return _switched(request, trigger, _("“%s” is paused.") % trigger.title, undo)


@require_POST
def trigger_resume(request: PersonRequest, pk: int) -> HttpResponse:
    trigger = _operable(request, pk)
    before = {"reason": trigger.reason}
    if trigger.paused_until:
        before["until"] = trigger.paused_until.isoformat()
    found = lifecycle.resume_trigger(trigger, by=request.user.actor)
    undo = _address("triggers:pause", trigger, request, **before)
    if found.status != Trigger.Status.ENABLED:
        undo = ""
    return _switched(request, trigger, _("“%s” is on again.") % trigger.title, undo)


def _switched(request: PersonRequest, trigger: Trigger, text: str, undo: str) -> HttpResponse:
    """Show the list or the page that it was asked from as it is now, with a way back."""
    from_list = "list" in request.GET
    query = TriggerFilter.parse(request.GET.get("list", "")).query()
    if not request.htmx:
        messages.success(request, text)
        if from_list:
            return redirect(reverse("triggers:trigger_list") + (f"?{query}" if query else ""))
        return redirect("triggers:trigger_detail", pk=trigger.pk)
    toast = {"text": text, "undo_url": undo}
    if from_list:
        context = list_context(request, query)
        return render(request, "triggers/list.html#after", context | toast)
    return render(request, "triggers/detail.html#after", {"trigger": trigger} | toast)


def _address(name: str, trigger: Trigger, request: PersonRequest, **more: str) -> str:
    asked = {"list": request.GET["list"]} if "list" in request.GET else {}
    query = urlencode({**asked, **{key: value for key, value in more.items() if value}})
    return reverse(name, args=[trigger.pk]) + (f"?{query}" if query else "")


@require_POST
def trigger_fire(request: PersonRequest, pk: int) -> HttpResponse:
    trigger = _operable(request, pk)
    try:
        firing = lifecycle.fire_now(trigger, by=request.user.actor)
    except DomainError as error:
        messages.error(request, error.message)
        return redirect("triggers:trigger_detail", pk=pk)
    if firing.outcome == Firing.Outcome.FAILED:
        messages.error(request, _("It could not start: %s") % firing.message)
    else:
        messages.success(request, _("Started: %s") % firing.label)
    return redirect("triggers:trigger_detail", pk=pk)


@require_POST
def trigger_dry_run(request: PersonRequest, pk: int) -> HttpResponse:
    """Say what a start now would come to; nothing is started."""
    trigger = find(request, pk)
    tried = lifecycle.dry_run(trigger)
    text = _("Nothing was started. Placeholders are filled in as of now.")
    # what came in last may hold what not everybody should read
    is_open = trigger.kind != Trigger.Kind.EVENT
    may_read = is_open or can(request.user, Action.OPERATE, trigger.folder_id)
    target = tried.target if may_read else trigger.target
    dry: dict[str, Any] = {"data": shown(target), "text": text}
    if tried.is_fine:
        dry |= {"tone": "ok", "title": _("Now it would start: %s") % tried.label}
    else:
        dry |= {"tone": "act", "title": _("It could not start: %s") % tried.problem}
    if request.htmx:
        return render(request, "triggers/detail.html#dry_run", {"dry": dry})
    context = detail_context(request, trigger) | {"dry": dry}
    return render(request, "triggers/detail.html", context)


@require_POST
def trigger_roll_back(request: PersonRequest, pk: int, number: int) -> HttpResponse:
    trigger = find(request, pk)
    require(request.user, Action.DESIGN, trigger.folder_id)
    newest = trigger.versions.order_by("-number").first()
    try:
        saved = lifecycle.roll_back(trigger, number, by=request.user.actor)
    except DomainError as error:
        messages.error(request, _("It can't be rolled back: %s") % error.message)
        return redirect("triggers:trigger_detail", pk=pk)
    if saved.changes and newest:
        wanted = trigger.versions.order_by("-number")[0]
        changes = differences(newest.definition, wanted.definition)
        request.session[SAVED] = {"pk": pk, "changes": changes}
        messages.success(request, _("Rolled back to version %d.") % number)
    else:
        messages.info(request, _("Version %d says what holds already.") % number)
    return redirect("triggers:trigger_detail", pk=pk)


@require_POST
def trigger_remove(request: PersonRequest, pk: int) -> HttpResponse:
    trigger = find(request, pk)
    require(request.user, Action.DESIGN, trigger.folder_id)
    lifecycle.remove_trigger(trigger, by=request.user.actor)
    messages.success(request, _("The trigger “%s” is removed.") % trigger.title)
    return redirect("triggers:trigger_list")


@require_POST
def pause_all(request: PersonRequest) -> HttpResponse:
    """Pause all triggers of the person's folder until a time on the person's clock."""
    require(request.user, Action.OPERATE, request.folder.pk)
    form = PauseForm(request.POST)
    if form.is_valid():
        until = form.cleaned_data["until"].replace(tzinfo=timezone.get_current_timezone())
        _pause_all(request, until, form.cleaned_data["reason"])
    else:
        messages.error(request, _("Say until when: a date and a time."))
    return redirect("triggers:trigger_list")


def _pause_all(request: PersonRequest, until: datetime, reason: str) -> None:
    by = request.user.actor
    try:
        lifecycle.pause_folder(request.folder, until=until, by=by, reason=reason)
    except DomainError:
        messages.error(request, _("Say a time that is still to come."))
        return
    words = {"time": moment(until, timezone.get_current_timezone_name())}
    messages.success(request, _("All triggers are paused until %(time)s.") % words)


@require_POST
def resume_all(request: PersonRequest, folder_pk: int) -> HttpResponse:
    require(request.user, Action.OPERATE, folder_pk)
    lifecycle.resume_folder(get_object_or_404(Folder, pk=folder_pk), by=request.user.actor)
    messages.success(request, _("The triggers go on."))
    return redirect("triggers:trigger_list")


def _operable(request: PersonRequest, pk: int) -> Trigger:
    trigger = find(request, pk)
    require(request.user, Action.OPERATE, trigger.folder_id)
    return trigger


def _moment(text: str) -> datetime | None:
    """Return the moment that an undo names, if it is still to come."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None and found > timezone.now() else None
