"""Settings: the people of a folder."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.events.history import history_of
from apps.events.wording import sentence_of
from apps.lib.errors import NotAllowedError
from apps.lib.forms import disable_all

from .absence_views import absence_context
from .absences import may_enter_absence
from .entry.person_views import entry_context
from .forms import InvitationForm, PersonForm
from .http import PersonRequest
from .lifecycle import (
    change_person,
    disable_person,
    enable_person,
    invite_person,
    may_manage,
    password_link_of,
    people_of,
    remove_person,
    role_in,
)
from .models import Membership, User
from .permissions import Action, may_change, require
from .roles import Role
from .shown_changes import keep_changes, take_changes

HISTORY_LENGTH = 20


@require_safe
def person_list(request: PersonRequest) -> HttpResponse:
    may = _may_change(request)
    memberships = Membership.objects.filter(folder=request.folder)
    roles = dict(memberships.values_list("user_id", "role"))
    people = [
        (person, Role(Role.ADMIN if person.is_superuser else roles[person.pk]).label)
        for person in people_of(request.folder)
    ]
    return render(request, "settings/people.html", {"people": people, "may_change": may})


@never_cache
@require_http_methods(["GET", "POST"])
def person_invite(request: PersonRequest) -> HttpResponse:
    require(request.user, Action.ADMINISTER, request.folder.pk)
    form = InvitationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        person = invite_person(request.folder, **form.cleaned_data, by=request.user.actor)
        return _show_link(request, person)
    status = 422 if request.method == "POST" else 200
    return render(request, "settings/person_invite.html", {"form": form}, status=status)


@require_http_methods(["GET", "POST"])
def person_edit(request: PersonRequest, pk: int) -> HttpResponse:
    may = _may_change(request)
    person = get_object_or_404(people_of(request.folder), pk=pk)
    initial = {
        "name": person.display_name,
        "email": person.email,
        "role": role_in(person, request.folder),
    }
    form = PersonForm(request.POST or None, initial=initial)
    if not may:
        disable_all(form)
    if request.method == "POST" and form.is_valid():
        _require_management(request, person)
        changes = change_person(person, request.folder, **form.cleaned_data, by=request.user.actor)
        keep_changes(request, ("person", person.pk), form, changes)
        messages.success(request, _("Saved.") if changes else _("Nothing was changed."))
        return redirect("settings:person", pk=pk)
    status = 422 if request.method == "POST" else 200
    context = _person_context(request, person, form) | {"may_change": may}
    return render(request, "settings/person.html", context, status=status)


@never_cache
@require_POST
def person_link(request: PersonRequest, pk: int) -> HttpResponse:
    person = _person(request, pk)
    _require_management(request, person)
    return _show_link(request, person)


@require_POST
def person_disable(request: PersonRequest, pk: int) -> HttpResponse:
    person = _person(request, pk)
    _require_management(request, person)
    disable_person(person, request.folder, by=request.user.actor)
    messages.success(request, _("%(name)s is disabled and signed out.") % {"name": person.name})
    return redirect("settings:person", pk=pk)


@require_POST
def person_enable(request: PersonRequest, pk: int) -> HttpResponse:
    person = _person(request, pk)
    _require_management(request, person)
    enable_person(person, request.folder, by=request.user.actor)
    messages.success(request, _("%(name)s can sign in again.") % {"name": person.name})
    return redirect("settings:person", pk=pk)


@require_POST
def person_remove(request: PersonRequest, pk: int) -> HttpResponse:
    person = _person(request, pk)
    remove_person(person, request.folder, by=request.user.actor)
    messages.success(request, _("%(name)s is removed from this folder.") % {"name": person.name})
    return redirect("settings:people")


def _may_change(request: PersonRequest) -> bool:
    return may_change(
        request.user, Action.ADMINISTER, request.folder.pk, method=request.method or ""
    )


def _person(request: PersonRequest, pk: int) -> User:
    require(request.user, Action.ADMINISTER, request.folder.pk)
    return get_object_or_404(people_of(request.folder), pk=pk)


def _require_management(request: PersonRequest, person: User) -> None:
    if not may_manage(request.user, person):
        raise NotAllowedError(
            _(
                "%(name)s also has a role where you are not an admin, so you can only remove them "
                "from this folder."
            )
            % {"name": person.name}
        )


def _show_link(request: PersonRequest, person: User) -> HttpResponse:
    """Show the one-time link; it is in this answer only."""
    encoded_id, token = password_link_of(person, request.folder, by=request.user.actor)
    address = reverse("accounts:welcome", args=[encoded_id, token])
    context = {"person": person, "link": request.build_absolute_uri(address)}
    return render(request, "settings/person_link.html", context)


def _person_context(request: PersonRequest, person: User, form: PersonForm) -> dict[str, object]:
    history = history_of(("person", person.pk), limit=HISTORY_LENGTH).items
    own_folders = {request.folder.pk, None}
    return {
        "person": person,
        "form": form,
        "is_self": person == request.user,
        "may_manage": may_manage(request.user, person),
        "changes": take_changes(request, ("person", person.pk)),
        **absence_context(person),
        **entry_context(person),
        "may_enter_absence": may_enter_absence(request.user, person, request.folder),
        "history": [
            {"what": sentence_of(event), "at": event.occurred_at}
            for event in history
            if event.folder_id in own_folders
        ],
    }
