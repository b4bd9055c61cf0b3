"""Each page request knows its person: the folder, the rights, the language, the time zone."""

from collections.abc import Callable
from typing import Any, cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from .audiences import language_of, time_zone_of
from .folders import folder_of_session
from .http import PersonRequest
from .models import Folder, User
from .permissions import Rights, rights_of


class PersonMiddleware:
    """Set `request.folder` and `request.rights`; speak the person's language, in their zone."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        user = request.user
        if not isinstance(user, User):
            return self._answer_stranger(request)
        request = cast(PersonRequest, request)
        request.rights = rights_of(user)
        # views that may do without a folder say so; process_view sees to the others
        request.folder = cast(Folder, folder_of_session(request))
        language = language_of(user)
        request.LANGUAGE_CODE = language
        with translation.override(language), timezone.override(time_zone_of(user)):
            return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], _args: Any, _kwargs: Any
    ) -> HttpResponse | None:
        """Stop people who are in no folder before a page that needs one."""
        homeless = isinstance(request.user, User) and getattr(request, "folder", None) is None
        if not homeless or getattr(view, "without_folder", False):
            return None
        if not getattr(view, "login_required", True):
            return None
        context = {
            "status": 403,
            "title": _("You are in no folder yet"),
            "detail": _("An admin has to give you a role in a folder. Then reload this page."),
        }
        return render(request, "error.html", context, status=403)

    def _answer_stranger(self, request: HttpRequest) -> HttpResponseBase:
        stranger = cast(Any, request)
        stranger.rights, stranger.folder = Rights(), None
        with timezone.override(settings.ORGANISATION_TIME_ZONE):
            return self.get_response(request)
