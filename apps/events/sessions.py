"""Who is at the other end of a socket, asked again and again while it is open."""

from dataclasses import dataclass
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib import auth
from django.http import HttpRequest

from . import fragments
from .fragments import Audience
from .live import nudge

# Nudge `person:<id>` when somebody was signed out or disabled, or got other rights: their open
# pages are asked at once, instead of within half a minute.
TOPIC = "person:"


@dataclass(frozen=True)
class Person:
    user_id: int
    audience: Audience | None  # None: may see nothing


def person_of(session_key: str | None) -> Person | None:
    """Return who is signed in with this session by now; None if nobody is, or is disabled."""
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    user = auth.get_user(request)
    if user.pk is None or not user.is_active:
        return None
    return Person(user.pk, fragments.audience_of(user))


def doubt_person(user: Any = None, **_signal: Any) -> None:
    """Have the open pages of `user` checked."""
    if user is not None:
        nudge(f"{TOPIC}{user.pk}")
