"""Today: planned, done, late; and the notes that one shift leaves for the next."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.accounts.http import PersonRequest
from apps.accounts.permissions import Action, can, require
from apps.dashboard.days import day_named
from apps.dashboard.figures import right_now
from apps.dashboard.forms import HandOverForm
from apps.dashboard.lifecycle import change_hand_over, take_over, write_hand_over
from apps.dashboard.models import HandOver
from apps.lib.errors import ConflictError, InvalidError
from apps.lib.json import JsonObject


@require_safe
def today(request: PersonRequest) -> HttpResponse:
    return render(request, "dashboard/today.html", _context(request, HandOverForm()))


@require_POST
def hand_over_write(request: PersonRequest) -> HttpResponse:
    require(request.user, Action.OPERATE, request.folder.pk)
    form = HandOverForm(request.POST)
    if form.is_valid():
        try:
            write_hand_over(
                request.folder,
                text=form.cleaned_data["text"],
                audience=form.cleaned_data["audience"],
                figures=figures_of(request.folder.pk),
                by=request.user.actor,
            )
        except InvalidError as error:
            add_problems(form, error)
        else:
            messages.success(request, _("The note is there for the next shift."))
            return redirect(f"{reverse('dashboard:today')}#hand-over")
    return render(request, "dashboard/today.html", _context(request, form), status=422)


@require_safe
def hand_over_detail(request: PersonRequest, pk: int) -> HttpResponse:
    """One note with all that it ever said, and a form to correct it."""
    note = _note(request, pk)
    form = HandOverForm(
        initial={"text": note.text, "audience": note.audience, "version": note.version}
    )
    return render(request, "dashboard/hand_over.html", _note_context(request, note, form))


@require_POST
def hand_over_change(request: PersonRequest, pk: int) -> HttpResponse:
    note = _note(request, pk)
    require(request.user, Action.OPERATE, note.folder_id)
    form = HandOverForm(request.POST)
    status = 422
    if form.is_valid():
        said = form.cleaned_data
        try:
            change_hand_over(
                note,
                text=said["text"],
                audience=said["audience"],
                version=said["version"] or 0,
                by=request.user.actor,
            )
        except ConflictError as error:
            form.add_error(None, error.message)
            status = 409
        except InvalidError as error:
            add_problems(form, error)
        else:
            messages.success(request, _("The note is changed; what it said before is kept."))
            return redirect("dashboard:hand_over", pk=pk)
    context = _note_context(request, _note(request, pk), form)
    return render(request, "dashboard/hand_over.html", context, status=status)


@require_POST
def hand_over_take(request: PersonRequest, pk: int) -> HttpResponse:
    note = _note(request, pk)
    require(request.user, Action.OPERATE, note.folder_id)
    try:
        take_over(note, by=request.user.actor)
    except ConflictError as error:
        messages.warning(request, error.message)
    else:
        messages.success(request, _("You took over. Others see it at the note."))
    return redirect(f"{reverse('dashboard:today')}#hand-over")


def figures_of(folder_id: int) -> JsonObject:
    """Return how things stand in the folder, to be kept with a note."""
    now = right_now(frozenset([folder_id]))
    return {
        "backlog": now.backlog.n,
        "people": now.people.n,
        "problems": now.problems.n,
        "late": now.missed.n,
        "done": now.done_today,
    }


def add_problems(form: forms.Form, error: InvalidError) -> None:
    """Show each problem at its field; those of no field on top."""
    for problem in error.fields:
        form.add_error(problem.path if problem.path in form.fields else None, problem.message)
    if not error.fields:
        form.add_error(None, error.message)


def _context(request: PersonRequest, form: HandOverForm) -> dict[str, Any]:
    day = day_named(request.GET.get("day", "")[:20])
    title = _("Today") if day.is_today else date_format(day.date, "l, j F Y")
    return {
        "day": day,
        "title": title,
        "day_arg": "" if day.is_today else day.date.isoformat(),
        "form": form,
        "may_write": can(request.user, Action.OPERATE, request.folder.pk),
    }


def _note(request: PersonRequest, pk: int) -> HandOver:
    notes = HandOver.objects.visible_to(request.user).select_related("folder")
    note: HandOver = get_object_or_404(notes, pk=pk)
    return note


def _note_context(request: PersonRequest, note: HandOver, form: HandOverForm) -> dict[str, Any]:
    return {
        "note": note,
        "form": form,
        "versions": note.versions.all(),
        "may_change": can(request.user, Action.OPERATE, note.folder_id),
    }
