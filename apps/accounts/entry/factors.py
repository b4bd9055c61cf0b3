"""What can be done to second factors: set up, renamed, removed, reset. Each leaves one event."""

from typing import Any, Final

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _

from apps.accounts.models import CodeTries, User
from apps.lib.actors import Actor
from apps.lib.errors import ConflictError, FieldProblem, InvalidError, NotFoundError
from apps.lib.sealing import SealBrokenError, seal, unseal

from . import passkeys
from .codes import LAST_COUNTER, counter_of, wrong_code
from .policy import FACTORS, refuse_if_last_factor
from .recording import record

PURPOSE: Final = "second-factor"
OFFERED: Final = "offered_totp_secret"  # in the session, sealed: sessions lie in the database
MAX_PASSKEYS: Final = 20
MAX_NAME: Final = 60


def offered_secret(request: HttpRequest, *, afresh: bool = False) -> str:
    """Return the secret that this session is about to set an app up with."""
    try:
        kept = "" if afresh else unseal(request.session.get(OFFERED, ""), purpose=PURPOSE)
    except SealBrokenError:
        kept = ""
    if not kept:
        kept = generate_totp_secret()
        request.session[OFFERED] = seal(kept, purpose=PURPOSE)
    return kept


def set_up_app(request: HttpRequest, person: User, code: str) -> list[str]:
    """Set up the authenticator app that shows `code`; return the recovery codes made with it.

    Raises InvalidError for a code of another secret, ConflictError if there is an app already.
    """
    secret = offered_secret(request)
    counter = counter_of(secret, code[:20], after=0)
    if counter is None:
        raise _wrong("code", wrong_code())
    try:
        with transaction.atomic():
            app = TOTP.activate(person, secret).instance
            # the code that proved it is used up
            app.data[LAST_COUNTER] = counter
            app.save(update_fields=["data"])
            record("person.second_factor_added", person, by=person.actor, data={"factor": "app"})
            codes = _first_codes(person)
    except IntegrityError:
        raise ConflictError(
            _("An authenticator app is set up already. Remove it first, then set up the new one.")
        ) from None
    request.session.pop(OFFERED, None)
    return codes


def add_passkey(request: HttpRequest, person: User, name: str, answer: str) -> list[str]:
    """Keep the passkey that the browser made; return the recovery codes made with it, if any.

    Raises InvalidError for an answer that is none to what was asked.
    """
    credential = passkeys.registered(request, answer)
    with transaction.atomic():
        User.objects.select_for_update().get(pk=person.pk)
        kept = Authenticator.objects.filter(user=person, type=Authenticator.Type.WEBAUTHN)
        if kept.count() >= MAX_PASSKEYS:
            raise ConflictError(_("You have %d passkeys. Remove one first.") % MAX_PASSKEYS)
        name = name.strip()[:MAX_NAME] or _("Passkey %d") % (kept.count() + 1)
        Authenticator.objects.create(
            user=person,
            type=Authenticator.Type.WEBAUTHN,
            data={"name": name, "credential": credential},
        )
        record("person.passkey_added", person, by=person.actor, data={"passkey": name})
        return _first_codes(person)


@transaction.atomic
def rename_passkey(person: User, pk: int, name: str) -> None:
    """Call a passkey something else. Raises NotFoundError, InvalidError for an empty name."""
    passkey = factor_of(person, pk, Authenticator.Type.WEBAUTHN)
    name = name.strip()[:MAX_NAME]
    if not name:
        raise _wrong("name", _("Give it a name."))
    before = passkey.data["name"]
    if before != name:
        passkey.data["name"] = name
        passkey.save(update_fields=["data"])
        data = {"passkey": name, "before": before}
        record("person.passkey_renamed", person, by=person.actor, data={**data})


@transaction.atomic
def remove_factor(person: User, pk: int) -> None:
    """Remove an app or a passkey of one's own; with the last one the recovery codes go.

    Raises ConflictError if `person` has to have a second factor and this is the last.
    """
    User.objects.select_for_update().get(pk=person.pk)
    factor = factor_of(person, pk, *FACTORS)
    refuse_if_last_factor(person, factor)
    factor.delete()
    if not Authenticator.objects.filter(user=person, type__in=FACTORS).exists():
        Authenticator.objects.filter(user=person).delete()
    if factor.type == Authenticator.Type.WEBAUTHN:
        data: dict[str, Any] = {"passkey": factor.data["name"]}
        record("person.passkey_removed", person, by=person.actor, data=data)
    else:
        record("person.second_factor_removed", person, by=person.actor, data={"factor": "app"})


@transaction.atomic
def make_recovery_codes(person: User) -> list[str]:
    """Make new recovery codes, to be shown once; the old ones are void.

    Raises ConflictError for who has no second factor that they could stand in for.
    """
    User.objects.select_for_update().get(pk=person.pk)
    kept = Authenticator.objects.filter(user=person)
    if not kept.filter(type__in=FACTORS).exists():
        raise ConflictError(_("Set up an authenticator app or a passkey first."))
    kept.filter(type=Authenticator.Type.RECOVERY_CODES).delete()
    codes: list[str] = RecoveryCodes.activate(person).get_unused_codes()
    record("person.recovery_codes_made", person, by=person.actor, data={"n": len(codes)})
    return codes


@transaction.atomic
def reset_factors(person: User, *, by: Actor) -> None:
    """Remove all second factors of somebody who lost theirs. Raises ConflictError for none.

    The caller has asked `may_manage`. What the organisation asks of them still holds: then they
    set up a new one at their next sign-in.
    """
    n, _rows = Authenticator.objects.filter(user=person).delete()
    if not n:
        raise ConflictError(_("%(name)s has no second factor.") % {"name": person.name})
    CodeTries.objects.filter(user=person).delete()
    record("person.second_factor_reset", person, by=by)


def factor_of(person: User, pk: int, *types: str) -> Authenticator:
    """Return the factor of `person`, of one of `types`. Raises NotFoundError."""
    found = Authenticator.objects.filter(user=person, pk=pk, type__in=types).first()
    if found is None:
        raise NotFoundError()
    return found


def _first_codes(person: User) -> list[str]:
    kept = Authenticator.objects.filter(user=person, type=Authenticator.Type.RECOVERY_CODES)
    return [] if kept.exists() else make_recovery_codes(person)


def _wrong(field: str, message: str) -> InvalidError:
    return InvalidError(message, fields=[FieldProblem(field, message)])
