"""`{% load parts %}{% icon "users" %}{% moment task.due_at %}`: small parts, for long lists.

They draw what components/icon.html and components/time.html draw, which read better where there are
few: an include opens a context of its own, and fifty rows of them were half the time of a page.
"""

from datetime import UTC, datetime
from functools import lru_cache

from django import template
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils import timezone, translation
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()

# remembered: their names and labels come from the program, not from people
MOST_ICONS = 1000
MOST_BADGES = 200
BADGE = "components/status_badge.html"


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """Draw an icon; without `label` it is decoration."""
    return _icon(static("icons.svg"), name, str(label))


@register.simple_tag
def moment(at: datetime | None) -> SafeString:
    """Show when something is or was, which the page's scripts say in words (“3 h ago”)."""
    if at is None:
        return format_html("{}", "–")
    local = timezone.localtime(at)
    shown = local.replace(tzinfo=None).isoformat(" ", "seconds")
    return format_html(
        '<time datetime="{}" data-relative title="{} {}">{}</time>',
        at.astimezone(UTC).isoformat(),
        shown,
        local.tzname(),
        shown,
    )


@register.simple_tag
def badge(status: str, at: datetime | None = None) -> SafeString:
    """Show an object's state as components/status_badge.html does, drawn once per language."""
    if at is not None:
        return render_to_string(BADGE, {"status": status, "at": at})
    return _badge(str(status), translation.get_language())


@lru_cache(maxsize=MOST_BADGES)
def _badge(status: str, language: str | None) -> SafeString:
    return render_to_string(BADGE, {"status": status})


@lru_cache(maxsize=MOST_ICONS)
def _icon(sheet: str, name: str, label: str) -> SafeString:
    use = format_html('<use href="{}#{}"></use></svg>', sheet, name)
    if label:
        return format_html('<svg class="icon" role="img" aria-label="{}">{}', label, use)
    return format_html('<svg class="icon" aria-hidden="true">{}', use)
