"""What stands in the way, as a certain reader is shown it: what they may do, or else who may."""

from typing import Any

from django.utils.translation import gettext as _

from apps.events.fragments import Rights
from apps.lib.why import Act, Blocker, Link, Why

from .roles import GRANTS, Role


def shown(why: Why, rights: Rights) -> dict[str, Any]:
    """Return the context of components/_why_panel.html, which is empty where nothing waits."""
    return {"blockers": [_shown_blocker(each, rights) for each in why.blockers], "eta": why.eta}


def as_json(why: Why, rights: Rights) -> dict[str, Any]:
    """Return the answer of the API's calls `…/why`."""
    return {
        "is_waiting": why.is_waiting,
        "blockers": [_json_blocker(each, rights) for each in why.blockers],
        "waits_for": [_json_link(each) for each in why.waits_for],
        "eta": why.eta,
    }


def _shown_blocker(blocker: Blocker, rights: Rights) -> dict[str, Any]:
    act = blocker.act
    is_allowed = act is not None and _may(act, rights)
    return {
        "code": blocker.code,
        "sentence": blocker.sentence,
        "next": blocker.next,
        "at": blocker.at,
        "about": blocker.about,
        "is_usual": blocker.is_usual,
        "act": act if is_allowed else None,
        "who": "" if act is None or is_allowed else who_may(act),
    }


def _json_blocker(blocker: Blocker, rights: Rights) -> dict[str, Any]:
    act = blocker.act
    return {
        "code": blocker.code,
        "sentence": blocker.sentence,
        "next": blocker.next,
        "at": blocker.at,
        "about": [_json_link(each) for each in blocker.about],
        "is_usual": blocker.is_usual,
        "act": act and {
            "label": act.label,
            "url": act.url,
            "method": act.method.upper(),
            "fields": dict(act.fields),
            "allowed": _may(act, rights),
            "who": who_may(act),
        },
    }  # fmt: skip


def _json_link(link: Link) -> dict[str, str]:
    return {"title": link.title, "url": link.url}


def _may(act: Act, rights: Rights) -> bool:
    return not act.right or rights.can(act.right, act.folder_id)


def who_may(act: Act) -> str:
    """Say in words who may do it; "" for everybody who sees it."""
    if not act.right:
        return ""
    roles = [str(Role(role).label) for role, granted in GRANTS.items() if act.right in granted]
    words = {"act": act.label, "roles": ", ".join(roles)}
    return _("“%(act)s” can be done by these roles: %(roles)s.") % words
