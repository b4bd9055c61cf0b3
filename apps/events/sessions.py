"""Who is at the other end of a socket, asked again and again while it is open."""

import asyncio
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.conf import settings
from django.contrib.auth import (
    BACKEND_SESSION_KEY,
    HASH_SESSION_KEY,
    SESSION_KEY,
    get_user_model,
)
from django.contrib.sessions.models import Session
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from . import fragments
from .fragments import Audience
from .live import nudge
from .workshop import Workshop, settle

# Nudge `person:<id>` when somebody was signed out or disabled, or got other rights: their open
# pages are asked at once, instead of within half a minute.
TOPIC = "person:"


@dataclass(frozen=True)
class Person:
    user_id: int
    audience: Audience | None  # None: may see nothing


class Reception:
    """Says who sits at a socket. Those who ask while an answer is under way get the next together.

    After a restart all pages come back within seconds: one by one, their sessions, people and
    rights would keep the process busy for longer than the pages take to come.
    """

    def __init__(self, workshop: Workshop) -> None:
        self._workshop = workshop
        self._waiting: defaultdict[str, list[asyncio.Future[Person | None]]] = defaultdict(list)
        self._is_asking = False

    async def who(self, session_key: str | None) -> Person | None:
        """Return who is signed in with this session by now; None if nobody is, or is disabled."""
        if session_key is None:
            return None
        future: asyncio.Future[Person | None] = asyncio.get_running_loop().create_future()
        self._waiting[session_key].append(future)
        if not self._is_asking:
            self._ask()
        return await future

    def _ask(self) -> None:
        asked, self._waiting = self._waiting, defaultdict(list)
        self._is_asking = True
        self._workshop.put_first(partial(people_of, list(asked)), partial(self._tell, asked))

    def _tell(
        self,
        asked: dict[str, list[asyncio.Future[Person | None]]],
        found: dict[str, Person] | Exception,
    ) -> None:
        self._is_asking = False
        for session_key, futures in asked.items():
            answer = found if isinstance(found, Exception) else found.get(session_key)
            for future in futures:
                settle(future, answer)
        if self._waiting:
            self._ask()


def people_of(session_keys: Collection[str]) -> dict[str, Person]:
    """Return who is signed in with each of these sessions by now; nobody for those left out.

    The same rules as `django.contrib.auth.get_user`, for many in a few queries, and nothing is
    written: pages alone renew a session, or end it.
    """
    stored = Session.objects.filter(session_key__in=session_keys, expire_date__gt=timezone.now())
    sessions = {each.session_key: each.get_decoded() for each in stored}
    ids = {said[SESSION_KEY] for said in sessions.values() if SESSION_KEY in said}
    users = {str(pk): user for pk, user in get_user_model().objects.in_bulk(ids).items()}
    signed_in = {
        key: user
        for key, said in sessions.items()
        if (user := users.get(said.get(SESSION_KEY, ""))) and _is_valid(said, user)
    }
    audiences = fragments.audiences_of(set(signed_in.values()))
    return {key: Person(user.pk, audiences[user.pk]) for key, user in signed_in.items()}


def _is_valid(said: dict[str, Any], user: Any) -> bool:
    """Say whether the session was begun in a way that counts, and by the password of today."""
    if said.get(BACKEND_SESSION_KEY) not in settings.AUTHENTICATION_BACKENDS:
        return False
    known = said.get(HASH_SESSION_KEY, "")
    hashes = user.get_session_auth_hash(), *user.get_session_auth_fallback_hash()
    return user.is_active and any(constant_time_compare(known, each) for each in hashes)


def doubt_person(user: Any = None, **_signal: Any) -> None:
    """Have the open pages of `user` checked."""
    if user is not None:
        nudge(f"{TOPIC}{user.pk}")
