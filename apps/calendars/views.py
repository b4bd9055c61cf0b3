"""Settings: calendars."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.http import PersonRequest
from apps.accounts.permissions import Action, may_change, require
from apps.events.history import history_of
from apps.events.wording import sentence_of
from apps.lib.clock import database_now
from apps.lib.errors import InvalidError
from apps.lib.forms import disable_all

from .forms import CalendarForm
from .hours import hours_from
from .lifecycle import calendars_of, remove_calendar, save_calendar
from .models import Calendar
from .presenting import next_days, week_in_words

HISTORY_LENGTH = 20
OF_HOURS = ("time_zone", "week", "country", "subdivision", "days")
USUAL_WEEK = {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}


@require_safe
def calendar_list(request: PersonRequest) -> HttpResponse:
    may = may_change(request.user, Action.DESIGN, request.folder.pk, method=request.method or "")
    rows = [(each, week_in_words(each)) for each in calendars_of(request.folder)]
    return render(request, "calendars/list.html", {"calendars": rows, "may_change": may})


@require_http_methods(["GET", "POST"])
def calendar_create(request: PersonRequest) -> HttpResponse:
    require(request.user, Action.DESIGN, request.folder.pk)
    zone = request.user.time_zone or "UTC"
    return _form_page(request, Calendar(folder=request.folder, week=USUAL_WEEK, time_zone=zone))


@require_http_methods(["GET", "POST"])
def calendar_edit(request: PersonRequest, pk: int) -> HttpResponse:
    return _form_page(request, get_object_or_404(calendars_of(request.folder), pk=pk))


@require_POST
def calendar_remove(request: PersonRequest, pk: int) -> HttpResponse:
    require(request.user, Action.DESIGN, request.folder.pk)
    calendar = get_object_or_404(calendars_of(request.folder), pk=pk)
    remove_calendar(calendar, by=request.user.actor)
    messages.success(request, _("The calendar “%(title)s” is removed.") % {"title": calendar.title})
    return redirect("calendar_settings:list")


def _form_page(request: PersonRequest, calendar: Calendar) -> HttpResponse:
    """Show it; save it; or only look what the next days would be."""
    may = may_change(request.user, Action.DESIGN, request.folder.pk, method=request.method or "")
    form = CalendarForm(request.POST or None, calendar=calendar)
    if not may:
        disable_all(form)
    is_sent = request.method == "POST"
    is_valid = is_sent and form.is_valid()
    is_preview = "preview" in request.POST
    if is_valid and not is_preview and _save(request, calendar, form):
        return redirect("calendar_settings:edit", pk=calendar.pk)
    context = _context(calendar, form, is_preview=is_preview and is_valid) | {"may_change": may}
    status = 422 if is_sent and not (is_preview and is_valid) else 200
    return render(request, "calendars/form.html", context, status=status)


def _save(request: PersonRequest, calendar: Calendar, form: CalendarForm) -> bool:
    if calendar.pk is None:
        calendar.key = form.cleaned_data["key"]
    try:
        changes = save_calendar(calendar, form.values(), by=request.user.actor)
    except InvalidError as error:
        for problem in error.fields:
            form.add_error(problem.path if problem.path in form.fields else None, problem.message)
        return False
    messages.success(request, _("Saved.") if changes else _("Nothing was changed."))
    return True


def _context(calendar: Calendar, form: CalendarForm, *, is_preview: bool) -> dict[str, Any]:
    shown = form.values() if is_preview else _values(calendar)
    hours = hours_from(**{name: shown[name] for name in OF_HOURS})
    events = history_of(("calendar", calendar.pk or 0), limit=HISTORY_LENGTH).items
    return {
        "form": form,
        "calendar": calendar,
        "is_preview": is_preview,
        "next_days": next_days(hours, first=database_now().astimezone(hours.zone).date()),
        "history": [{"what": sentence_of(each), "at": each.occurred_at} for each in events],
    }


def _values(calendar: Calendar) -> dict[str, Any]:
    return {name: getattr(calendar, name) for name in OF_HOURS}
