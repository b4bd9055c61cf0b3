"""What admins do when somebody can't come in: unlock, reset lost factors, unlink a service."""

from typing import Any

from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from apps.accounts.http import PersonRequest
from apps.accounts.lifecycle import may_manage, people_of
from apps.accounts.models import User
from apps.accounts.permissions import Action, require
from apps.lib.errors import NotAllowedError

from .factors import reset_factors
from .lockout import lock_of, unlock
from .policy import FACTORS
from .providers import identities_of, unlink
from .proving import asks_again


def entry_context(person: User) -> dict[str, Any]:
    """What the page of a person shows about how they come in."""
    factors = Authenticator.objects.filter(user=person, type__in=FACTORS).order_by("type", "pk")
    return {
        "locked_until": lock_of(person),
        "factors": [
            _("passkey “%s”") % each.data["name"] if "name" in each.data else _("authenticator app")
            for each in factors
        ],
        "identities": identities_of(person),
    }


@require_POST
def person_unlock(request: PersonRequest, pk: int) -> HttpResponse:
    person = _managed(request, pk)
    unlock(person, by=request.user.actor)
    messages.success(request, _("%(name)s can try again now.") % {"name": person.name})
    return redirect("settings:person", pk=pk)


@require_POST
@asks_again
def person_reset_factors(request: PersonRequest, pk: int) -> HttpResponse:
    person = _managed(request, pk)
    reset_factors(person, by=request.user.actor)
    messages.success(request, _("%(name)s has no second factor now.") % {"name": person.name})
    return redirect("settings:person", pk=pk)


@require_POST
@asks_again
def person_unlink(request: PersonRequest, pk: int, identity: int) -> HttpResponse:
    person = _managed(request, pk)
    unlink(person, identity, by=request.user)
    messages.success(request, _("Not linked any more."))
    return redirect("settings:person", pk=pk)


def _managed(request: PersonRequest, pk: int) -> User:
    require(request.user, Action.ADMINISTER, request.folder.pk)
    person = get_object_or_404(people_of(request.folder), pk=pk)
    if not may_manage(request.user, person):
        raise NotAllowedError(
            _("%(name)s also has a role where you are not an admin.") % {"name": person.name}
        )
    return person
