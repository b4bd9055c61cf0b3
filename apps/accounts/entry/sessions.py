"""Where somebody is signed in: looked at, and ended one by one or all but this one."""

from typing import Final

from allauth.usersessions.models import UserSession
from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.events.sessions import doubt_person
from apps.lib.errors import NotFoundError

from .recording import record

# what browsers call themselves, the more special first: most of them also name the others
BROWSERS: Final = {"Edg": "Edge", "OPR": "Opera", "Firefox": "Firefox", "Chrome": "Chrome"} | {
    "Safari": "Safari"
}
SYSTEMS: Final = {
    "Android": "Android",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Windows": "Windows",
} | {"Macintosh": "Mac", "Linux": "Linux"}


def device_of(user_agent: str) -> str:
    """Return a browser and a system for people to recognise; else what it calls itself."""
    browser = next((name for mark, name in BROWSERS.items() if mark in user_agent), "")
    system = next((name for mark, name in SYSTEMS.items() if mark in user_agent), "")
    if browser and system:
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return browser or system or user_agent[:60] or _("Unknown device")


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
