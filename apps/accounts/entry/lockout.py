"""When too many tries went wrong: what people are told, what is recorded, how admins help."""

from datetime import datetime
from typing import Any

from axes.helpers import get_cool_off, get_failure_limit
from axes.models import AccessAttempt
from axes.signals import user_locked_out
from axes.utils import reset
from django.db import transaction
from django.db.models import Max, Sum
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from apps.accounts.models import CodeTries, User
from apps.lib.actors import SYSTEM, Actor
from apps.lib.clock import database_now
from apps.lib.errors import ConflictError

from .codes import codes_rest_until
from .recording import record


def locked_out(request: HttpRequest, until: datetime | None) -> HttpResponse:
    """Say that signing in rests, until when, and who can help."""
    return render(request, "registration/locked_out.html", {"until": until}, status=429)


def answer_of_axes(request: HttpRequest, *_more: Any) -> HttpResponse:
    """Answer a password that came after too many wrong ones; named in the settings."""
    username = (getattr(request, "axes_credentials", None) or {}).get("username")
    return locked_out(request, _rests_until(username, getattr(request, "axes_ip_address", None)))


@receiver(user_locked_out, dispatch_uid="accounts.record_lockout")
def record_lockout(
    sender: Any, request: HttpRequest, username: str | None, ip_address: str, **_more: Any
) -> None:
    """Record the first refusal of each rest; names that nobody has leave nothing."""
    person = User.objects.filter(username=username or "").first()
    until = _rests_until(username, ip_address)
    if person is None or until is None:
        return
    failed = AccessAttempt.objects.filter(username=username, ip_address=ip_address)
    n = failed.aggregate(n=Sum("failures_since_start"))["n"]
    if n == get_failure_limit(request, {"username": username}):
        data = {"of": "password", "until": until.isoformat(), "address": ip_address or ""}
        record("person.locked_out", person, by=SYSTEM, data={**data})


def lock_of(person: User) -> datetime | None:
    """Return until when signing in rests for `person` from some address; None if it does not."""
    found = [codes_rest_until(person)]
    attempts = AccessAttempt.objects.filter(username=person.username).order_by()
    for address in attempts.values_list("ip_address", flat=True).distinct():
        found.append(_rests_until(person.username, address))
    return max(filter(None, found), default=None)


@transaction.atomic
def unlock(person: User, *, by: Actor) -> None:
    """Let `person` try again at once. Raises ConflictError if nothing rests.

    The caller has asked `may_manage`.
    """
    if lock_of(person) is None:
        raise ConflictError(_("%(name)s is not locked out.") % {"name": person.name})
    reset(username=person.username)
    CodeTries.objects.filter(user=person).update(n_wrong=0, locked_until=None)
    record("person.unlocked", person, by=by)


def _rests_until(username: str | None, address: str | None) -> datetime | None:
    cool_off = get_cool_off()
    attempts = AccessAttempt.objects.filter(username=username, ip_address=address)
    found = attempts.aggregate(n=Sum("failures_since_start"), last=Max("attempt_time"))
    if cool_off is None or (found["n"] or 0) < get_failure_limit(None, None):
        return None
    until: datetime = found["last"] + cool_off
    return until if until > database_now() else None
