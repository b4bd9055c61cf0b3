"""What people write, as HTML: Markdown, and nothing that could run or load anything."""

from functools import cache

import nh3
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

TAGS = {
    *("p", "br", "strong", "em", "s", "code", "pre", "blockquote", "hr"),
    *("ul", "ol", "li", "h1", "h2", "h3", "h4", "h5", "h6"),
    *("table", "thead", "tbody", "tr", "th", "td", "a"),
}
SCHEMES = {"http", "https", "mailto"}


def html_of(text: str) -> SafeString:
    """Return `text`, which is Markdown, as HTML that may stand in a page.

    HTML in it is shown as text; links lead away without telling from where. Line breaks stay.
    """
    drawn = _parser().render(text.replace("\x00", ""))
    clean = nh3.clean(
        drawn,
        tags=TAGS,
        attributes={"a": {"href", "title"}, "ol": {"start"}},
        url_schemes=SCHEMES,
        link_rel="noopener noreferrer nofollow",
    )
    return mark_safe(clean)  # noqa: S308 - cleaned right here


@cache
def _parser() -> MarkdownIt:
    found = MarkdownIt("commonmark", {"html": False, "breaks": True})
    return found.enable(["table", "strikethrough"]).disable("image")
