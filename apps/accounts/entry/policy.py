"""What is asked of whom: who can't come in without a second factor, and who may say so."""

from allauth.mfa.models import Authenticator
from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts.models import SignInPolicy, User
from apps.accounts.permissions import Action, can_everywhere, rights_of
from apps.events.bus import publish
from apps.lib.errors import ConflictError, NotAllowedError

# A recovery code stands in for another factor; it is none by itself
FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


def policy() -> SignInPolicy:
    """Return what holds; the default if nobody has set anything."""
    return SignInPolicy.objects.first() or SignInPolicy()


def has_second_factor(person: User) -> bool:
    found = Authenticator.objects.filter(user=person, type__in=FACTORS)
    return bool(found.exists())


def needs_second_factor(person: User) -> bool:
    """Say whether `person` has to have one."""
    wanted = policy().second_factor
    if wanted == SignInPolicy.SecondFactor.EVERYBODY:
        return True
    is_admin = person.is_superuser or bool(rights_of(person).folder_ids(Action.ADMINISTER))
    return wanted == SignInPolicy.SecondFactor.ADMINS and is_admin


def refuse_if_last_factor(person: User, leaving: Authenticator) -> None:
    """Raise ConflictError if `person` would be left without the factor they have to have."""
    others = Authenticator.objects.filter(user=person, type__in=FACTORS).exclude(pk=leaving.pk)
    if needs_second_factor(person) and not others.exists():
        raise ConflictError(
            _("You have to have a second factor. Set up another one first, then remove this one.")
        )


@transaction.atomic
def change_policy(second_factor: str, *, by: User) -> bool:
    """Save who has to have a second factor from the next sign-in on; say whether that is new."""
    require_everywhere(by)
    found, _made = SignInPolicy.objects.select_for_update().get_or_create(id=1)
    before = found.second_factor
    if before == second_factor:
        return False
    found.second_factor = second_factor
    found.save()
    publish(
        "sign_in_policy.changed",
        subject=("sign_in_policy", 1),
        folder_id=None,
        by=by.actor,
        data={"changes": [{"field": "second_factor", "before": before, "after": second_factor}]},
    )
    return True


def may_set_up_sign_in(holder: User) -> bool:
    """How people come in concerns all folders: whoever is admin of every one may set it up."""
    return can_everywhere(holder, Action.ADMINISTER)


def require_everywhere(holder: User) -> None:
    """Raise NotAllowedError unless `holder` may set up how people sign in."""
    if not may_set_up_sign_in(holder):
        raise NotAllowedError(
            _("How people sign in concerns all folders: only admins of every folder change it.")
        )
