"""What every page's frame shows: where one can go, where one is, which release this is."""

from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import Resolver404, resolve
from django.utils.translation import gettext as _

from apps.accounts.landing import landing_of
from apps.accounts.permissions import Rights, rights_of
from apps.accounts.roles import Action
from apps.notices.listing import own_argument

from .help import help_url


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context processor: what the frame of a page names, for everybody and for nobody."""
    return {
        "nav_groups": [group for group in _navigation(request) if group["places"]],
        "landing_url": landing_of(getattr(request, "user", None) or Rights()),
        "bell_argument": _bell_argument(request),
        "help_url": _help_url(request),
        "release": settings.VERSION,
        "environment_tag": settings.ENVIRONMENT_TAG,
        "environment_is_production": settings.ENVIRONMENT_TAG.lower().startswith("prod"),
    }


def _bell_argument(request: HttpRequest) -> str:
    """Return what the bell's live count is asked with: it proves whose bell it is."""
    user = getattr(request, "user", None)
    return own_argument(user.pk) if user is not None and user.is_authenticated else ""


def _help_url(request: HttpRequest) -> str:
    """Return what explains this page; an address that leads nowhere is explained by the index."""
    match = request.resolver_match
    return help_url(match.view_name if match else "")


def _navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the places this person may go, in groups, each with its icon and its key."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return []
    rights = rights_of(user)
    groups = [
        (_("Watch"), _to_watch(request)),
        (_("Work"), _to_work(request)),
        (_("Bots"), _of_bots(request)),
        (_("Look back"), _to_look_back(request, rights)),
        (_("Set up"), _to_set_up(request, rights)),
    ]
    return [
        {"label": label, "places": [place for place in places if is_there(place["url"])]}
        for label, places in groups
    ]


def _to_watch(request: HttpRequest) -> list[dict[str, Any]]:
    return [
        _place(request, "/", _("Overview"), "layout-dashboard", "g o", "/overview/")
        | {"is_first": True},
        _place(request, "/today/", _("Today"), "calendar", "g d"),
        _place(request, "/failures/", _("Failures"), "alert-triangle", "g f"),
        _place(request, "/alerts/", _("Alerts"), "bell", "g e")
        | {"badge_fragment": "overview.firing"},
    ]


def _to_work(request: HttpRequest) -> list[dict[str, Any]]:
    workflows = ("/instances/", "/decisions/")
    return [
        _place(request, "/inbox/", _("Inbox"), "inbox", "g i")
        | {"badge_fragment": _inbox_badge(request), "is_first": True},
        _place(request, "/queues/", _("Queues"), "stack-2", "g q", "/items/") | {"is_first": True},
        _place(request, "/workflows/", _("Workflows"), "sitemap", "g w", *workflows),
        _place(request, "/triggers/", _("Triggers"), "calendar-clock", "g t"),
        _place(request, "/map/", _("Map"), "route", "g m"),
    ]


def _of_bots(request: HttpRequest) -> list[dict[str, Any]]:
    return [
        _place(request, "/bots/", _("Bots"), "robot", "g b", "/runs/") | {"is_first": True},
        _place(request, "/applications/", _("Applications"), "server", "g p"),
        _place(request, "/ai/", _("AI"), "sparkles", "g a"),
    ]


def _to_look_back(request: HttpRequest, rights: Rights) -> list[dict[str, Any]]:
    places = [
        _place(request, "/search/", _("Search"), "search", "", "/timeline/"),
        _place(request, "/log/", _("Log"), "terminal-2", "g j"),
        _place(request, "/operations/", _("Operations"), "checklist", "g x"),
        _place(request, "/reports/", _("Reports"), "table", "g r"),
    ]
    if any(map(rights.folder_ids, (Action.OPERATE, Action.DESIGN, Action.AUDIT))):
        places.append(_place(request, "/learning/", _("Learning"), "scale", "g l"))
    if rights.folder_ids(Action.AUDIT):
        places.append(_place(request, "/audit/", _("Audit"), "shield-check", "g u"))
    return places


def _to_set_up(request: HttpRequest, rights: Rights) -> list[dict[str, Any]]:
    places = []
    if any(map(rights.folder_ids, (Action.ADMINISTER, Action.DESIGN, Action.AUDIT))):
        places.append(_place(request, "/settings/", _("Settings"), "settings", "g s"))
    if settings.DEMO_ENABLED:
        places.append(_place(request, "/demo/", _("Try it"), "flask", "g y"))
    return places


@cache
def is_there(path: str) -> bool:
    """Say whether anything answers at this address: a place stands in the rail once it does."""
    try:
        resolve(path)
    except Resolver404:
        return False
    return True


def _inbox_badge(request: HttpRequest) -> str:
    """Return the fragment that counts what the inbox, opened from here, lists."""
    folder = getattr(request, "folder", None)
    return f"inbox.badge:folder={folder.pk}" if folder else "inbox.badge"


def _place(
    request: HttpRequest, url: str, label: str, icon: str, key: str, *within: str
) -> dict[str, Any]:
    # every address begins with the overview's
    begins = within if url == "/" else (url, *within)
    current = request.path == url or request.path.startswith(begins)
    return {
        "url": url,
        "label": label,
        "icon": icon,
        "key": key,
        "current": current,
    }
