"""`{% load parts %}{% icon "users" %}{% moment task.due_at %}`: small parts, without templates.

The components of the same names call them, and pages include those. Long lists call them directly:
an include opens a context of its own, which costs more than the part itself.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final, NamedTuple

from django import template
from django.templatetags.static import static
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

register = template.Library()

# remembered: their names and labels come from the program, not from people
MOST_ICONS: Final = 1000


class Look(NamedTuple):
    """One of the eight words that any object's state is shown as."""

    tone: str
    glyph: str
    word: str | Promise


WAITING = Look("waiting", "hourglass", gettext_lazy("Waiting"))
RUNNING = Look("running", "player-play", gettext_lazy("Running"))
RETRY = Look("retry", "rotate-clockwise", gettext_lazy("Retry"))
PERSON = Look("person", "user-question", gettext_lazy("Needs a person"))
DONE = Look("done", "check", gettext_lazy("Done"))
FAILED = Look("failed", "x", gettext_lazy("Failed"))
PAUSED = Look("paused", "player-pause", gettext_lazy("Paused"))
CANCELLED = Look("cancelled", "ban", gettext_lazy("Cancelled"))

# the one place that maps statuses to words; what is not here is cancelled
LOOKS: Final[dict[str, Look]] = {
    **dict.fromkeys(("new", "pending", "open", "waiting", "released"), WAITING),
    **dict.fromkeys(("in_progress", "running", "stopping", "busy"), RUNNING),
    **dict.fromkeys(("retry", "scheduled", "deferred"), RETRY),
    **dict.fromkeys(("needs_decision", "person"), PERSON),
    **dict.fromkeys(("successful", "completed", "done"), DONE),
    **dict.fromkeys(("failed", "faulted", "lost", "expired"), FAILED),
    **dict.fromkeys(("business_exception", "application_exception"), FAILED),
    **dict.fromkeys(("on_hold", "paused"), PAUSED),
}


@register.simple_tag
def icon(name: str, label: str = "", more_class: str = "") -> SafeString:
    """Draw an icon; without `label` it is decoration."""
    return _icon(static("icons.svg"), name, str(label), more_class)


@register.simple_tag
def moment(at: datetime | None, absolute: object = "", short: object = "") -> SafeString:
    """Show when something is or was, which the page's scripts say in words (“3 h ago”).

    `absolute`: they leave it as it is. `short`: then without the day.
    """
    if not at:
        return mark_safe("–")  # noqa: S308 - nobody's text
    local = timezone.localtime(at)
    shown = local.replace(tzinfo=None).isoformat(" ", "seconds")
    exact = at.astimezone(UTC).isoformat()
    if absolute:
        shown = shown.partition(" ")[2] if short else shown
        return format_html('<time datetime="{}">{}</time>', exact, shown)
    return format_html(
        '<time datetime="{}" data-relative title="{} {}">{}</time>',
        exact,
        shown,
        local.tzname(),
        shown,
    )


@register.simple_tag
def badge(
    status: str, at: datetime | None = None, word: str = "", title: str = "", plain: object = ""
) -> SafeString:
    """Show any object's state as one of the eight words: colour, glyph and word.

    `at`: when it is tried again. `word`: another text. `plain`: without a ground.
    """
    look = LOOKS.get(str(status), CANCELLED)
    if at:
        word = _("Retry at %(time)s") % {"time": f"{timezone.localtime(at):%H:%M}"}
    return format_html(
        '<span class="status tone-{}{}"{}>{}{}</span>',
        look.tone,
        " is-plain" if plain else "",
        format_html(' title="{}"', title) if title else "",
        icon(look.glyph),
        word or look.word,
    )


@register.simple_tag
def spark(values: Sequence[float], label: str = "") -> SafeString:
    """Draw bars, each a share of 100."""
    said = format_html('role="img" aria-label="{}"', label) if label else 'aria-hidden="true"'
    bars = "".join(
        f'<rect x="{place}.1" y="0" width=".8" height="{escape(value)}"/>'
        for place, value in enumerate(values)
    )
    return mark_safe(  # noqa: S308 - numbers, and what is escaped above
        f'<svg class="spark" viewBox="0 -100 {len(values)} 100" preserveAspectRatio="none" {said}>'
        f'<g transform="scale(1 -1)">{bars}</g></svg>'
    )


@lru_cache(maxsize=MOST_ICONS)
def _icon(sheet: str, name: str, label: str, more_class: str) -> SafeString:
    return format_html(
        '<svg class="icon{}"{}><use href="{}#{}"></use></svg>',
        f" {more_class}" if more_class else "",
        format_html(' role="img" aria-label="{}"', label)
        if label
        else SafeString(' aria-hidden="true"'),
        sheet,
        name,
    )
