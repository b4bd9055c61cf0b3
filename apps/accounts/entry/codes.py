"""Codes of authenticator apps and recovery codes: each good for once, wrong ones counted.

allauth keeps used codes and failures in the cache, which here is each web process's own; ours are
in PostgreSQL, under a lock of the person's row: parallel tries count one by one.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from allauth.mfa.utils import decrypt
from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts.models import CodeTries, User
from apps.lib.actors import SYSTEM
from apps.lib.clock import database_now

from .recording import record

MAX_WRONG: Final = 10
REST: Final = timedelta(minutes=15)
MAX_CODE_LENGTH: Final = 20
LAST_COUNTER: Final = "last_counter"  # in the data of an authenticator


@dataclass(frozen=True)
class Verdict:
    """What became of a code. `used` is set if it was right; `locked_until` if none is taken now."""

    used: Authenticator | None = None
    locked_until: datetime | None = None


@transaction.atomic
def try_code(person: User, code: str) -> Verdict:
    """Take `code` if it is a fresh one of `person`; count it as wrong otherwise."""
    CodeTries.objects.get_or_create(user=person)
    tries = CodeTries.objects.select_for_update().get(user=person)
    now = database_now()
    if tries.locked_until is not None and tries.locked_until > now:
        return Verdict(locked_until=tries.locked_until)
    used = _use(person, code[:MAX_CODE_LENGTH])
    if used is not None:
        CodeTries.objects.filter(user=person).update(n_wrong=0, locked_until=None)
        return Verdict(used=used)
    return Verdict(locked_until=_count(tries, now))


def codes_rest_until(person: User) -> datetime | None:
    """Return until when no code of `person` is taken; None if they are."""
    until = CodeTries.objects.filter(user=person).values_list("locked_until", flat=True).first()
    return until if until is not None and until > database_now() else None


def counter_of(secret: str, code: str, *, after: int) -> int | None:
    """Return which of the codes around now this is; None for none, or one before `after`."""
    for counter in yield_hotp_counters_from_time():
        expected = format_hotp_value(hotp_value(secret, counter))
        if counter > after and compare_user_code(actual=code, expected=expected):
            return int(counter)
    return None


def _use(person: User, code: str) -> Authenticator | None:
    found = Authenticator.objects.select_for_update().filter(user=person)
    kept = {each.type: each for each in found.exclude(type=Authenticator.Type.WEBAUTHN)}
    app = kept.get(Authenticator.Type.TOTP)
    if app is not None and _use_app(app, code):
        return app
    recovery = kept.get(Authenticator.Type.RECOVERY_CODES)
    if recovery is not None and recovery.wrap().validate_code(code):
        recovery.refresh_from_db()
        left = len(recovery.wrap().get_unused_codes())
        record("person.recovery_code_used", person, by=person.actor, data={"left": left})
        return recovery
    return None


def _use_app(app: Authenticator, code: str) -> bool:
    counter = counter_of(decrypt(app.data["secret"]), code, after=app.data.get(LAST_COUNTER, 0))
    if counter is None:
        return False
    app.data[LAST_COUNTER] = counter
    app.save(update_fields=["data"])
    return True


def _count(tries: CodeTries, now: datetime) -> datetime | None:
    """Count a wrong code; return until when none is taken if that was one too many."""
    tries.n_wrong += 1
    tries.locked_until = None
    if tries.n_wrong >= MAX_WRONG:
        tries.n_wrong, tries.locked_until = 0, now + REST
        until = tries.locked_until.isoformat()
        record("person.locked_out", tries.user, by=SYSTEM, data={"of": "codes", "until": until})
    tries.save(update_fields=["n_wrong", "locked_until"])
    return tries.locked_until


def wrong_code() -> str:
    return _("This code is not right, or was used before. A new one comes every 30 seconds.")
