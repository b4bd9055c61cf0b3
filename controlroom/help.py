"""The pages of `docs/` in the product: what there is, which page of ours each one explains."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import nh3
from django.conf import settings
from django.urls import reverse
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token

from apps.search.named import HelpPage, register_help

DOCS: Final[Path] = settings.BASE_DIR / "docs"
PICTURES: Final = "*.png"

# In which order the index shows them; what is in none of them is under “more”
GROUPS: Final = (
    (gettext_lazy("Watch"), ("overview", "failures", "alerts", "notices", "live")),
    (
        gettext_lazy("Work"),
        ("inbox", "forms", "items-in-and-out", "workflows", "triggers", "map", "forecast", "why"),
    ),
    (gettext_lazy("Bots"), ("bots", "allocation", "limits", "assets", "ai", "gates", "learning")),
    (gettext_lazy("Look back"), ("search", "log", "operations", "reports", "audit")),
    (
        gettext_lazy("Set up"),
        ("people", "sign-in", "retention", "webhooks", "hooks", "languages", "demo"),
    ),
    (gettext_lazy("Words"), ("glossary", "lifecycles")),
    (gettext_lazy("For programs, and for who runs it"), ("api", "settings", "running")),
)

# What explains a page: by its whole name (“dashboard:wall”), else by the first part of it
TOPICS: Final = {
    "dashboard": "overview",
    "wall_settings": "overview",
    "inbox": "inbox",
    "handling_settings": "people",
    "notices": "notices",
    "notice_settings": "notices",
    "accounts": "people",
    "accounts:security": "sign-in",
    "accounts:app_set_up": "sign-in",
    "accounts:codes_new": "sign-in",
    "accounts:passkey_new": "sign-in",
    "accounts:passkey": "sign-in",
    "accounts:password": "sign-in",
    "accounts:prove": "sign-in",
    "settings": "people",
    "settings:sign_in": "sign-in",
    "settings:provider_new": "sign-in",
    "settings:provider": "sign-in",
    "settings:tokens": "api",
    "settings:token_create": "api",
    "calendar_settings": "people",
    "operations": "operations",
    "queues": "lifecycles",
    "queues:upload_new": "items-in-and-out",
    "queues:upload": "items-in-and-out",
    "queue_settings": "lifecycles",
    "forecast": "forecast",
    "items": "lifecycles",
    "gate_settings": "gates",
    "workflows": "workflows",
    "instances": "workflows",
    "decisions": "workflows",
    "triggers": "triggers",
    "failures": "failures",
    "alerts": "alerts",
    "reports": "reports",
    "learning": "learning",
    "bots": "bots",
    "runs": "bots",
    "bot_settings": "bots",
    "applications": "limits",
    "limit_settings": "limits",
    "asset_settings": "assets",
    "ai": "ai",
    "webhook_settings": "webhooks",
    "retention_settings": "retention",
    "audit": "audit",
    "evidence": "audit",
    "search": "search",
    "landscape": "map",
    "log": "log",
    "demo": "demo",
}

TAGS: Final = {
    *("p", "br", "strong", "em", "s", "code", "pre", "blockquote", "hr", "div"),
    *("ul", "ol", "li", "h2", "h3", "h4", "h5", "h6"),
    *("table", "thead", "tbody", "tr", "th", "td", "a"),
}
ATTRIBUTES: Final = {
    "a": {"href", "title"},
    "ol": {"start"},
    "div": {"class", "tabindex", "role", "aria-label"},
    "pre": {"tabindex"},
    "table": {"class"},
    **{f"h{level}": {"id"} for level in range(2, 7)},
}
NOT_IN_ANCHORS: Final = re.compile(r"[^\w\- ]")


@dataclass(frozen=True, slots=True)
class Heading:
    level: int
    text: str
    anchor: str


@dataclass(frozen=True, slots=True)
class Document:
    """One page of the docs. `tokens`: its Markdown as read, without the title."""

    topic: str
    title: str
    headings: tuple[Heading, ...]
    tokens: tuple[Token, ...]


@cache
def topics() -> frozenset[str]:
    """Return what there is a page about; decisions are for who works on the program."""
    return frozenset(path.stem for path in DOCS.glob("*.md"))


@cache
def document(topic: str) -> Document:
    """Return a page of `topics()`; read once."""
    tokens = _parser().parse((DOCS / f"{topic}.md").read_text(encoding="utf-8"))
    _leave_empty_heads(tokens)
    title, headings, taken = topic, [], set[str]()
    for opening, inline in zip(tokens, tokens[1:], strict=False):
        if opening.type != "heading_open":
            continue
        text = _plain(inline)
        if opening.tag == "h1":
            title = text
            continue
        anchor = _anchor(text, taken)
        opening.attrSet("id", anchor)
        headings.append(Heading(int(opening.tag[1]), text, anchor))
    return Document(topic, title, tuple(headings), tuple(_without_title(tokens)))


def html_of(found: Document) -> SafeString:
    """Return the page as HTML: links to other pages lead to /help/, those to files are text."""
    drawn = _parser().renderer.render(list(found.tokens), _parser().options, {})
    clean = nh3.clean(
        drawn, tags=TAGS, attributes=ATTRIBUTES, url_schemes={"http", "https", "mailto"}
    )
    return mark_safe(clean)  # noqa: S308 - cleaned right here


def help_url(view_name: str) -> str:
    """Return the address of what explains the page of this name; of the index for none."""
    topic = topic_of(view_name)
    return reverse("help:topic", args=[topic]) if topic else reverse("help:index")


def topic_of(view_name: str) -> str:
    """Return what a page (“namespace:name”) is explained by; "" for nothing."""
    return TOPICS.get(view_name) or TOPICS.get(view_name.partition(":")[0], "")


def index() -> list[dict[str, Any]]:
    """Return all pages in their groups."""
    named = {topic for _label, some in GROUPS for topic in some}
    more = sorted(topics() - named)
    groups = [*GROUPS, (gettext_lazy("More"), tuple(more))]
    return [
        {"label": label, "documents": [document(each) for each in some if each in topics()]}
        for label, some in groups
    ]


# --- Markdown -------------------------------------------------------------------------------------


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    rules: dict[str, Any] = {
        "link_open": _link_open, "link_close": _link_close, "image": _image, "fence": _fence,
        "code_block": _code_block,
        "table_open": _table_open, "table_close": _table_close,
    }  # fmt: skip
    for name, rule in rules.items():
        parser.add_render_rule(name, rule)
    return parser


def _link_open(self: RendererHTML, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
    address = _address(str(tokens[at].attrGet("href") or ""))
    env.setdefault("links", []).append(bool(address))
    if not address:
        return ""
    tokens[at].attrSet("href", address)
    return self.renderToken(tokens, at, options, env)


def _link_close(
    self: RendererHTML, tokens: Sequence[Token], at: int, options: Any, env: Any
) -> str:
    return "</a>" if env["links"].pop() else ""


def _address(href: str) -> str:
    """Return where a link of the docs leads here; "" for a file that the product doesn't show."""
    if href.startswith(("#", "/help/", "https://", "http://", "mailto:")):
        return href
    path, mark, anchor = href.partition("#")
    topic = path.removesuffix(".md")
    known = path.endswith(".md") and topic in topics()
    return f"{reverse('help:topic', args=[topic])}{mark}{anchor}" if known else ""


def _image(self: RendererHTML, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
    # as a link: screenshots weigh more than the whole page around them
    source, words = str(tokens[at].attrGet("src") or ""), tokens[at].content
    if source not in pictures():
        return escape(words)
    return format_html('<a href="{}">{}</a>', reverse("help:picture", args=[source]), words)


@cache
def pictures() -> frozenset[str]:
    return frozenset(path.name for path in DOCS.glob(PICTURES))


def _fence(self: RendererHTML, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
    # reached by Tab, so that whoever has no mouse can move what is too wide
    drawn = RendererHTML.fence(self, tokens, at, options, env)
    return drawn.replace("<pre>", '<pre tabindex="0">', 1)


def _code_block(
    self: RendererHTML, tokens: Sequence[Token], at: int, options: Any, env: Any
) -> str:
    drawn = RendererHTML.code_block(self, tokens, at, options, env)
    return drawn.replace("<pre>", '<pre tabindex="0">', 1)


def _table_open(
    self: RendererHTML, tokens: Sequence[Token], at: int, options: Any, env: Any
) -> str:
    env["tables"] = env.get("tables", 0) + 1
    label = _("Table %(n)d") % {"n": env["tables"]}
    return (
        f'<div class="table-scroll" tabindex="0" role="region" aria-label="{label}">'
        '<table class="data-table">'
    )


def _table_close(
    self: RendererHTML, tokens: Sequence[Token], at: int, options: Any, env: Any
) -> str:
    return "</table></div>"


def _leave_empty_heads(tokens: list[Token]) -> None:
    """Make cells of what would be heads of nothing: they would be read out as such."""
    for opening, inline, closing in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if opening.type == "th_open" and not inline.content:
            opening.tag = closing.tag = "td"


def _plain(inline: Token) -> str:
    parts = [each.content for each in inline.children or () if each.type in ("text", "code_inline")]
    return "".join(parts)


def _anchor(text: str, taken: set[str]) -> str:
    """Return the anchor that forges of code give a heading, too: links hold in both places."""
    wanted = NOT_IN_ANCHORS.sub("", text.casefold()).replace(" ", "-")
    anchor, n = wanted, 0
    while anchor in taken:
        n += 1
        anchor = f"{wanted}-{n}"
    taken.add(anchor)
    return anchor


def _without_title(tokens: list[Token]) -> Iterator[Token]:
    within = False
    for token in tokens:
        is_title = token.tag == "h1"
        within = token.type == "heading_open" if is_title else within
        if not is_title and not within:
            yield token


# --- the search -----------------------------------------------------------------------------------


def _pages_to_find() -> Iterator[HelpPage]:
    """Each page, then each of their sections."""
    found = [document(topic) for topic in sorted(topics())]
    for each in found:
        yield HelpPage(each.title, reverse("help:topic", args=[each.topic]), "")
    for each in found:
        for heading in each.headings:
            if heading.level == 2:
                url = f"{reverse('help:topic', args=[each.topic])}#{heading.anchor}"
                yield HelpPage(heading.text, url, each.title)


register_help(_pages_to_find)
