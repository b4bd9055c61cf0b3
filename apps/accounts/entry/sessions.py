"""Where somebody is signed in: looked at, and ended one by one or all but this one."""

from allauth.usersessions.models import UserSession
from django.db import transaction

from apps.accounts.models import User
from apps.events.sessions import doubt_person
from apps.lib.errors import NotFoundError

from .recording import record


def sessions_of(person: User) -> list[UserSession]:
    """Return where `person` is signed in now, the newest first; forgets what has ended."""
    alive = UserSession.objects.purge_and_list(person)
    return sorted(alive, key=lambda each: each.created_at, reverse=True)


def end_session(person: User, pk: int) -> None:
    """Sign `person` out there, at once: open pages are told. Raises NotFoundError."""
    with transaction.atomic():
        found = UserSession.objects.filter(user=person, pk=pk).first()
        if found is None:
            raise NotFoundError()
        found.end()
        record("person.session_ended", person, by=person.actor, data={"address": found.ip})
        doubt_person(person)


def end_other_sessions(person: User, *, but: str | None) -> int:
    """Sign `person` out everywhere but in the session with the key `but`; return how many."""
    with transaction.atomic():
        others = [each for each in sessions_of(person) if each.session_key != but]
        for each in others:
            each.end()
        if others:
            record("person.sessions_ended", person, by=person.actor, data={"n": len(others)})
            doubt_person(person)
    return len(others)
