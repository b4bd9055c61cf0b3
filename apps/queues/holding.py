"""Why nothing is leased, in a sentence for who asked."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from .lifecycle.values import Hold


def say_hold(hold: Hold) -> str:
    """Return the sentence; when it ends is told beside it."""
    return _SAYS.get(hold.code, _say_reason)(hold)


def _say_reason(hold: Hold) -> str:
    return hold.reason


def _say_stopped(hold: Hold) -> str:
    return _with_reason(_("All work of the folder is stopped"), hold)


def _say_freeze(hold: Hold) -> str:
    return _with_reason(_("Nothing new starts during “%s”") % hold.what, hold)


def _say_held(hold: Hold) -> str:
    return _with_reason(_("“%s” is held by a person") % hold.what, hold)


def _say_breaker(hold: Hold) -> str:
    if hold.until is None:
        return _("“%s” failed and is being tried, one item at a time.") % hold.what
    return _with_reason(_("“%s” fails and rests") % hold.what, hold)


def _say_limit(hold: Hold) -> str:
    size = hold.size or 1
    words = ngettext(
        "“%(what)s” is in use: only one at a time.",
        "All %(n)d seats of “%(what)s” are taken.",
        size,
    )
    return words % {"what": hold.what, "n": size}


def _say_rate(hold: Hold) -> str:
    return _("“%s” allows no more starts for now.") % hold.what


def _say_capability(hold: Hold) -> str:
    return _("The queue needs a bot that can: %s.") % hold.what


def _with_reason(words: str, hold: Hold) -> str:
    return f"{words}: {hold.reason}" if hold.reason else f"{words}."


_SAYS = {
    "stopped": _say_stopped,
    "freeze": _say_freeze,
    "application_held": _say_held,
    "breaker": _say_breaker,
    "limit": _say_limit,
    "rate": _say_rate,
    "capability": _say_capability,
}
