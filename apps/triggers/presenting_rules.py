"""The rule of a trigger of any kind in words: a sentence, and what it listens to."""

from collections.abc import Callable, Collection, Mapping
from functools import lru_cache
from typing import Any, Final

import orjson
from django.utils import translation
from django.utils.translation import gettext as _

from apps.lib.errors import DomainError
from apps.lib.json import JsonObject

from .conditions import (
    NO_TITLES,
    Thing,
    Titles,
    expected_words,
    parse_expected,
    parse_queue,
    parse_state,
    queue_words,
    state_words,
    time_part,
)
from .models import Trigger
from .receiving.happenings import KINDS
from .timing import parse_rule
from .titles import of_events, things_in, titles_of

Kind = Trigger.Kind


def rule_words(kind: str, rule: JsonObject, titles: Titles) -> str:
    """Return the rule as a sentence; where it is wrong, what is wrong with it.

    `titles` of what it names: see titles.py.
    """
    named = tuple((thing, titles[thing]) for thing in sorted(things_in(kind, rule) & titles.keys()))
    return _words(kind, orjson.dumps(rule), named, translation.get_language() or "")


def sentence_of(trigger: Trigger) -> str:
    return sentences_of([trigger])[trigger.pk]


def sentences_of(triggers: Collection[Trigger]) -> dict[int, str]:
    """Return when each starts, in words; a query for each kind of thing that they name."""
    titles = titles_of((each.folder_id, each.kind, each.rule) for each in triggers)
    return {each.pk: rule_words(each.kind, each.rule, titles[each.folder_id]) for each in triggers}


@lru_cache(maxsize=8192)
def _words(kind: str, rule: bytes, titles: tuple[tuple[Thing, str], ...], language: str) -> str:
    """Live lists ask for the same sentences again and again."""
    try:
        return WORDS[kind](orjson.loads(rule), dict(titles))
    except DomainError as error:
        return error.message


def _time(rule: JsonObject, _titles: Titles = NO_TITLES) -> str:
    return parse_rule(rule, hours=None, on_closed="ignore").sentence()


def _expected(rule: JsonObject, titles: Titles) -> str:
    what = expected_words(parse_expected(rule), titles)
    words = {"times": _time(time_part(rule)), "what": what}
    return _("%(times)s, if until then there is not %(what)s") % words


def _event(rule: JsonObject, titles: Titles) -> str:
    source = SOURCES.get(str(rule.get("source")))
    said = source(rule, titles) if source else ""
    if rule.get("filter"):
        said += _(", if %(filter)s") % {"filter": rule["filter"]}
    return said


def _internal(rule: Mapping[str, Any], titles: Titles) -> str:
    events = rule.get("events") or []
    said = [str(KINDS.get(str(each), each)) for each in events]
    if rule.get("of"):
        words = {"events": _(" or ").join(said), "of": title_of_subject(rule, titles)}
        return _("%(events)s: “%(of)s”") % words
    return _(" or ").join(said)


def title_of_subject(rule: Mapping[str, Any], titles: Titles) -> str:
    """Return how what events are about is called; its key where several things go by it."""
    key = str(rule["of"])
    found = {titles[what, key] for what in of_events(dict(rule)) if (what, key) in titles}
    return found.pop() if len(found) == 1 else key


def _file(rule: Mapping[str, Any], _titles: Titles) -> str:
    words = {"pattern": rule.get("pattern") or "*", "folder": rule.get("folder")}
    return _("When a file “%(pattern)s” lies in “%(folder)s”") % words


def _mail(rule: Mapping[str, Any], _titles: Titles) -> str:
    words = {"mailbox": rule.get("mailbox") or "INBOX", "host": rule.get("host")}
    said = [_("When a mail comes into “%(mailbox)s” at %(host)s") % words]
    if rule.get("from"):
        said.append(_("from “%(from)s”") % {"from": rule["from"]})
    if rule.get("subject"):
        said.append(_("about “%(subject)s”") % {"subject": rule["subject"]})
    return " ".join(said)


SOURCES: Final[Mapping[str, Callable[[Mapping[str, Any], Titles], str]]] = {
    "webhook": lambda _rule, _titles: _("At a call of its address"),
    "internal": _internal,
    "file": _file,
    "mail": _mail,
}
WORDS: Final[Mapping[str, Callable[[JsonObject, Titles], str]]] = {
    Kind.TIME: _time,
    Kind.QUEUE: lambda rule, titles: queue_words(parse_queue(rule), titles),
    Kind.STATE: lambda rule, titles: state_words(parse_state(rule), titles),
    Kind.EVENT: _event,
    Kind.EXPECTED: _expected,
}
