"""What a request carries, for signatures of views."""

from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from apps.lib.actors import Actor

from .models import Folder, User
from .permissions import Rights


class PersonRequest(HttpRequest):
    """A page's request: somebody is signed in and works in a folder (see PersonMiddleware)."""

    user: User
    session: SessionBase
    htmx: HtmxDetails
    rights: Rights
    folder: Folder


class TokenRequest(HttpRequest):
    """An API call: a program acts as `user` in `folder` (see `auth`)."""

    user: User
    actor: Actor
    rights: Rights
    folder: Folder
