"""What is said outside the page: one notice, or several together."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.lib.sealing import SealBrokenError, unseal
from apps.notices.enclosing import Enclosed, enclosed_with
from apps.notices.models import LINK, Notice

MAX_LISTED = 40
MAX_LINE = 300


@dataclass(frozen=True, kw_only=True)
class Message:
    """A message to one address. `reference` is the same each time that this message is sent."""

    title: str
    body: str
    url: str = ""
    path: str = "/notices/"
    reference: str = ""
    # of a mail alone; None: nothing beside its text
    enclose: Callable[[], Enclosed | None] | None = None
    # push: a later message with the same tag takes the place of this one
    tag: str = ""


def message_of(notices: Sequence[Notice], *, reference: str) -> Message:
    """Return what tells of `notices`: the one, or a list of them."""
    if len(notices) == 1:
        return _of_one(notices[0], reference)
    n = len(notices)
    title = ngettext("%(n)d notice", "%(n)d notices", n) % {"n": n}
    lines = [_line(notice) for notice in notices[:MAX_LISTED]]
    if n > MAX_LISTED:
        lines.append(_("… and %(n)d more") % {"n": n - MAX_LISTED})
    return Message(
        title=title,
        body="\n".join(lines),
        url=absolute("/notices/"),
        reference=reference,
        tag="digest",
    )


def absolute(path: str) -> str:
    """Return the address that leads to `path` from outside; "" while nobody set PUBLIC_URL."""
    base: str = settings.PUBLIC_URL.rstrip("/")
    return f"{base}{path}" if base and path else ""


def _of_one(notice: Notice, reference: str) -> Message:
    return Message(
        title=_one_line(_titled(notice)),
        body=notice.body,
        url=absolute(_link(notice)),
        path=notice.url or "/notices/",
        reference=reference,
        enclose=lambda: enclosed_with(notice),
        tag=f"notice-{notice.pk}",
    )


def _line(notice: Notice) -> str:
    url = absolute(_link(notice))
    return f"- {_one_line(_titled(notice))}" + (f"\n  {url}" if url else "")


def _link(notice: Notice) -> str:
    """Return what a message leads to; a secret that can't be opened any more: the page."""
    try:
        return unseal(notice.sealed_url, purpose=LINK) or notice.url
    except SealBrokenError:
        return notice.url


def _titled(notice: Notice) -> str:
    return f"{notice.count} × {notice.title}" if notice.count > 1 else notice.title


def _one_line(text: str) -> str:
    """Subjects of mails are one line; so are the rows of a list."""
    return " ".join(text.split())[:MAX_LINE]
