"""Steps that many tests of signing in take."""

import time

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.http import HttpResponse
from django.test import Client

from apps.accounts.models import User
from apps.events.models import Event
from tests.factories import PASSWORD

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
CODE_PAGE = "/sign-in/code/"
PROFILE = "/profile/"


def code_now(secret: str = SECRET, *, steps: int = 0) -> str:
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + steps))


def with_app(person: User) -> User:
    TOTP.activate(person, SECRET)
    return person


def with_recovery_codes(person: User) -> list[str]:
    return RecoveryCodes.activate(person).get_unused_codes()


def give_password(client: Client, person: User, **more: str) -> HttpResponse:
    body = {"username": person.username, "password": PASSWORD, **more}
    return client.post("/sign-in/", body)


def is_in(client: Client) -> bool:
    return client.get(PROFILE).status_code == 200


def kinds_of(person: User) -> list[str]:
    found = Event.objects.filter(subject_type="person", subject_id=person.pk).order_by("id")
    return list(found.values_list("kind", flat=True))


def factors_of(person: User) -> set[str]:
    return set(Authenticator.objects.filter(user=person).values_list("type", flat=True))
