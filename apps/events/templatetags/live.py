"""`{% load live %}{% live "queue.header" queue.id %}`: a piece of a page that keeps up to date."""

import re
from typing import Any

from django import template
from django.template import TemplateSyntaxError
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from apps.events import fragments
from apps.events.fragments import Audience, Rendered

register = template.Library()

TAGS = {"div", "span", "section", "article", "aside", "nav", "p", "ul", "ol", "dl", "tbody", "main"}
NOT_FOR_IDS = re.compile(r"[^A-Za-z0-9_-]+")
MAX_ELEMENT_ID_LENGTH = 120


@register.simple_tag(takes_context=True)
def live(
    context: template.Context, name: str, arg: Any = "", *, tag: str = "div", **attributes: Any
) -> SafeString:
    """Render the fragment inside an element that the live connection keeps up to date.

    Further attributes are put on the element, with dashes for underscores; True stands alone:
    `{% live "inbox.list" query tag="ul" class="rows" data_live_hold=True %}`. A fragment that
    does not exist for the reader leaves the element empty.
    """
    if tag not in TAGS:
        raise TemplateSyntaxError(f"live: {tag!r} is not one of {', '.join(sorted(TAGS))}.")
    fragment_id = fragment_id_of(name, arg)
    if fragments.find(fragment_id) is None:
        raise TemplateSyntaxError(f"live: there is no fragment {name!r}.")
    audience = _audience(context)
    rendered = fragments.render(fragment_id, audience) if audience else None
    return _element(tag, fragment_id, attributes, rendered or Rendered("", ""))


@register.simple_tag(name="live_id")
def live_id(name: str, arg: Any = "") -> str:
    """Return the id of a fragment, for hand-made elements with `data-live`."""
    return fragment_id_of(name, arg)


def fragment_id_of(name: str, arg: Any = "") -> str:
    return f"{name}:{arg}" if str(arg) else name


def element_id_of(fragment_id: str) -> str:
    """Return `live-queue-header-12` for `queue.header:12`."""
    return f"live-{NOT_FOR_IDS.sub('-', fragment_id)}"[:MAX_ELEMENT_ID_LENGTH].rstrip("-")


def _audience(context: template.Context) -> Audience | None:
    """Inside a fragment it is the fragment's; on a page it is the signed-in person's."""
    if (known := context.get("audience")) is not None:
        return known  # type: ignore[no-any-return]
    request = context["request"]
    if not hasattr(request, "live_audience"):
        request.live_audience = fragments.audience_of(request.user)
    audience: Audience | None = request.live_audience
    return audience


def _element(
    tag: str, fragment_id: str, attributes: dict[str, Any], rendered: Rendered
) -> SafeString:
    known = {
        "id": element_id_of(fragment_id),
        "data-live": fragment_id,
        "data-live-hash": rendered.hash,
    }
    given = {name.replace("_", "-"): value for name, value in attributes.items()}
    pairs = [
        (f" {name}", "" if value is True else format_html('="{}"', value))
        for name, value in {**known, **given}.items()
        if value is not None and value is not False
    ]
    # mark_safe: a template's own output, escaped by the template engine
    inner = mark_safe(rendered.html)  # noqa: S308
    return format_html("<{}{}>{}</{}>", tag, format_html_join("", "{}{}", pairs), inner, tag)
