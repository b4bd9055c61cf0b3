"""What every page's frame shows: where one can go, where one is, which release this is."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _

from apps.accounts.landing import landing_of
from apps.accounts.permissions import Rights, rights_of
from apps.accounts.roles import Action
from apps.notices.listing import own_argument


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context processor: what the frame of a page names, for everybody and for nobody."""
    return {
        "nav": _navigation(request),
        "landing_url": landing_of(getattr(request, "user", None) or Rights()),
        "bell_argument": _bell_argument(request),
        "release": settings.VERSION,
        "environment_tag": settings.ENVIRONMENT_TAG,
        "environment_is_production": settings.ENVIRONMENT_TAG.lower().startswith("prod"),
    }


def _bell_argument(request: HttpRequest) -> str:
    """Return what the bell's live count is asked with: it proves whose bell it is."""
    user = getattr(request, "user", None)
    return own_argument(user.pk) if user is not None and user.is_authenticated else ""


def _navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the places this person may go, each with its icon and its key."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return []
    rights = rights_of(user)
    places = [
        _place(request, "/", _("Overview"), "layout-dashboard", "g o"),
        _place(request, "/inbox/", _("Inbox"), "inbox", "g i")
        | {"badge_fragment": _inbox_badge(request)},
        _place(request, "/queues/", _("Queues"), "stack-2", "g q", "/items/"),
        _place(
            request, "/workflows/", _("Workflows"), "sitemap", "g w", "/instances/", "/decisions/"
        ),
        _place(request, "/bots/", _("Bots"), "robot", "g b", "/runs/"),
        _place(request, "/applications/", _("Applications"), "server", "g p"),
        _place(request, "/triggers/", _("Triggers"), "calendar-clock", "g t"),
        _place(request, "/ai/", _("AI"), "sparkles", "g a"),
    ]
    if any(map(rights.folder_ids, (Action.OPERATE, Action.DESIGN, Action.AUDIT))):
        places.append(_place(request, "/learning/", _("Learning"), "scale", "g l"))
    if any(map(rights.folder_ids, (Action.ADMINISTER, Action.DESIGN, Action.AUDIT))):
        places.append(_place(request, "/settings/", _("Settings"), "settings", "g s"))
    if settings.DEMO_ENABLED:
        places.append(_place(request, "/demo/", _("Try it"), "flask", "g y"))
    return places


def _inbox_badge(request: HttpRequest) -> str:
    """Return the fragment that counts what the inbox, opened from here, lists."""
    folder = getattr(request, "folder", None)
    return f"inbox.badge:folder={folder.pk}" if folder else "inbox.badge"


def _place(
    request: HttpRequest, url: str, label: str, icon: str, key: str, *within: str
) -> dict[str, Any]:
    current = request.path == url if url == "/" else request.path.startswith((url, *within))
    return {
        "url": url,
        "label": label,
        "icon": icon,
        "key": key,
        "current": current,
    }
