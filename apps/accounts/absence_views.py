"""When somebody is away: entered on one's own profile, or by a supervisor for others."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from apps.lib.clock import database_now
from apps.lib.errors import InvalidError, NotAllowedError, NotFoundError

from .absences import absences_of, add_absence, may_enter_absence, remove_absence
from .http import PersonRequest
from .lifecycle import people_of
from .models import Absence, User
from .people_forms import AbsenceForm
from .sign_in import safe_next


@require_http_methods(["GET", "POST"])
def absence_page(request: PersonRequest, pk: int) -> HttpResponse:
    """Show when somebody is away, and enter more."""
    person = _person(request, pk)
    form = AbsenceForm(request.POST or None, person=person)
    if request.method == "POST" and form.is_valid() and _save(request, person, form):
        return redirect(_back(request, person))
    status = 422 if request.method == "POST" else 200
    context = {"person": person, "absence_form": form, **absence_context(person)}
    return render(request, "accounts/absences.html", context, status=status)


@require_POST
def absence_remove(request: PersonRequest, pk: int) -> HttpResponse:
    absence = get_object_or_404(Absence.objects.select_related("user", "deputy"), pk=pk)
    person = _person(request, absence.user_id)
    remove_absence(absence, by=request.user.actor, folder=request.folder)
    messages.success(request, _("Removed. What was handed over stays where it is."))
    return redirect(_back(request, person))


def absence_context(person: User) -> dict[str, Any]:
    """Return what the panel of absences shows, with an empty form."""
    now = database_now()
    return {
        "absences": [
            {
                "absence": each,
                "is_now": each.starts_at <= now < each.ends_at,
                "is_over": each.ends_at <= now,
            }
            for each in absences_of([person])
        ],
        "absent_person": person,
    }


def _person(request: PersonRequest, pk: int) -> User:
    person = User.objects.filter(pk=pk).first()
    is_known = person == request.user or people_of(request.folder).filter(pk=pk).exists()
    if person is None or not is_known:
        raise NotFoundError(_("There is nobody like that in this folder."))
    if not may_enter_absence(request.user, person, request.folder):
        raise NotAllowedError(_("Only supervisors and admins enter when others are away."))
    return person


def _save(request: PersonRequest, person: User, form: AbsenceForm) -> bool:
    try:
        add_absence(person, **form.cleaned_data, by=request.user.actor, folder=request.folder)
    except InvalidError as error:
        for problem in error.fields:
            form.add_error(problem.path if problem.path in form.fields else None, problem.message)
        return False
    messages.success(request, _("Saved. Work goes to the deputy when the absence begins."))
    return True


def _back(request: PersonRequest, person: User) -> str:
    own = reverse("accounts:absences", args=[person.pk])
    return safe_next(request) or own
