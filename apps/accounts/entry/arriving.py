"""Who arrives with another service's word: known, linked, new, or sent away."""

from typing import Any

from allauth.socialaccount.models import SocialAccount, SocialLogin
from django.contrib.auth import logout
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.text import slugify
from django.utils.translation import gettext as _

from apps.accounts.models import SignInProvider, User
from apps.lib.actors import Actor
from apps.lib.errors import NotAllowedError
from apps.lib.json import JsonObject

from .adapters import refuse
from .groups import apply_groups, is_in_a_group
from .letting_in import let_in_by_provider
from .proving import note_proof
from .recording import record

CONNECT = "connect"
MAX_USERNAME = 150


def arrive(request: HttpRequest, login: SocialLogin) -> HttpResponse:
    """Answer somebody for whom a service vouches, by a checked token."""
    row = SignInProvider.objects.get(key=login.account.provider)
    claims: JsonObject = login.claims
    if login.state.get("process") == CONNECT:
        return _connect(request, row, login)
    try:
        person = _known(login) or _admit(row, login.account, claims)
        if not person.is_active:
            # before anything of the token touches the account
            return refuse(request, _("This account is disabled. Ask an admin."))
        apply_groups(row, person, claims)
    except NotAllowedError as fault:
        return refuse(request, fault.message)
    return _go_on(request, row, person, str(login.state.get("next") or ""))


def _known(login: SocialLogin) -> User | None:
    # `lookup` found the account by provider and subject; by nothing else
    return login.user if login.account.pk else None


def _go_on(request: HttpRequest, row: SignInProvider, person: User, wish: str) -> HttpResponse:
    if request.user == person:
        # they are in already, and were asked to show who they are once more
        note_proof(None, request)
        return redirect(wish or "accounts:security")
    if request.user.is_authenticated:
        logout(request)
    return let_in_by_provider(request, person, provider=row.key, wish=wish)


def _connect(request: HttpRequest, row: SignInProvider, login: SocialLogin) -> HttpResponse:
    """Link the identity with whoever asked for it, in their own session."""
    person = request.user
    if not isinstance(person, User) or login.state.get("data") != person.pk:
        return refuse(request, _("You have signed out meanwhile. Sign in, then link it again."))
    if login.account.pk and login.account.user_id != person.pk:
        return refuse(request, _("This identity belongs to another person here."))
    if not login.account.pk:
        _link(row, person, login.account, by=person.actor)
    return redirect("accounts:security")


def _admit(row: SignInProvider, account: SocialAccount, claims: JsonObject) -> User:
    """Return the account for somebody who comes for the first time, linked or made.

    Raises NotAllowedError, saying what to do, for whom there is none.
    """
    email = _email_of(claims)
    try:
        with transaction.atomic():
            namesakes = list(User.objects.filter(email__iexact=email)[:2]) if email else []
            if namesakes:
                return _link_namesake(row, namesakes, account, claims)
            return _make(row, account, claims, email)
    except IntegrityError:
        # the same person arrived twice at once: the other request was first
        first = SocialAccount.objects.get(provider=account.provider, uid=account.uid)
        person: User = first.user
        return person


def _link_namesake(
    row: SignInProvider, namesakes: list[User], account: SocialAccount, claims: JsonObject
) -> User:
    """Link with the one person who has the address, if an admin allowed it and it is verified.

    Never a superuser: who may do everything links by hand.
    """
    person = namesakes[0]
    is_clear = len(namesakes) == 1 and person.is_active and not person.is_superuser
    if not (row.links_by_email and claims.get("email_verified") is True and is_clear):
        raise NotAllowedError(
            _(
                "Somebody here has your e-mail address already. If that is you, sign in as you "
                "did before, then link %(provider)s under My security."
            )
            % {"provider": row.title}
        )
    _link(row, person, account, by=_actor(row))
    return person


def _make(row: SignInProvider, account: SocialAccount, claims: JsonObject, email: str) -> User:
    if not row.makes_people:
        raise NotAllowedError(
            _("Nobody here knows you yet. Ask an admin of your control room for an account.")
        )
    if row.group_rules and not is_in_a_group(row, claims):
        raise NotAllowedError(_("None of your groups may use this control room. Ask an admin."))
    person = User(username=_free_username(claims), email=email)
    person.display_name = str(claims.get("name") or "")[:150]
    person.set_unusable_password()
    person.save()
    record("person.made", person, by=_actor(row), data={"provider": row.title})
    _link(row, person, account, by=_actor(row))
    return person


def _link(row: SignInProvider, person: User, account: SocialAccount, *, by: Actor) -> None:
    with transaction.atomic():
        account.user = person
        account.save()
        record("person.identity_linked", person, by=by, data={"provider": row.title})


def _email_of(claims: JsonObject) -> str:
    email = str(claims.get("email") or "").strip()[:254]
    try:
        validate_email(email)
    except ValidationError:
        return ""
    return email


def _free_username(claims: JsonObject) -> str:
    """Return a user name that nobody has, like what the service calls them."""
    candidates: list[Any] = [claims.get("preferred_username"), claims.get("email")]
    wanted = next(filter(_is_username, candidates), None)
    base = str(wanted or slugify(str(claims.get("name") or "")) or "person")[: MAX_USERNAME - 6]
    taken = {
        name.lower()
        for name in User.objects.filter(username__istartswith=base).values_list(
            "username", flat=True
        )
    }
    free = (f"{base}{n}" if n > 1 else base for n in range(1, len(taken) + 3))
    return next(name for name in free if name.lower() not in taken)


def _is_username(text: object) -> bool:
    try:
        UnicodeUsernameValidator()(text if isinstance(text, str) else "")
    except ValidationError:
        return False
    return isinstance(text, str) and 0 < len(text) <= MAX_USERNAME


def _actor(row: SignInProvider) -> Actor:
    return Actor(None, row.title, "system")
