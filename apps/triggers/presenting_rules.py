"""The rule of a trigger of any kind in words: a sentence, and what it listens to."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final

import orjson
from django.utils import translation
from django.utils.translation import gettext as _

from apps.lib.errors import DomainError
from apps.lib.json import JsonObject

from .conditions import (
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

Kind = Trigger.Kind


def rule_words(kind: str, rule: JsonObject) -> str:
    """Return the rule as a sentence; where it is wrong, what is wrong with it."""
    return _words(kind, orjson.dumps(rule), translation.get_language() or "")


@lru_cache(maxsize=8192)
def _words(kind: str, rule: bytes, language: str) -> str:
    """Live lists ask for the same sentences again and again."""
    try:
        return WORDS[kind](orjson.loads(rule))
    except DomainError as error:
        return error.message


def _time(rule: JsonObject) -> str:
    return parse_rule(rule, hours=None, on_closed="ignore").sentence()


def _expected(rule: JsonObject) -> str:
    words = {"times": _time(time_part(rule)), "what": expected_words(parse_expected(rule))}
    return _("%(times)s, if until then there is not %(what)s") % words


def _event(rule: JsonObject) -> str:
    source = SOURCES.get(str(rule.get("source")))
    said = source(rule) if source else ""
    if rule.get("filter"):
        said += _(", if %(filter)s") % {"filter": rule["filter"]}
    return said


def _internal(rule: Mapping[str, Any]) -> str:
    events = rule.get("events") or []
    said = [str(KINDS.get(str(each), each)) for each in events]
    if rule.get("of"):
        return _("%(events)s: “%(of)s”") % {"events": _(" or ").join(said), "of": rule["of"]}
    return _(" or ").join(said)


def _file(rule: Mapping[str, Any]) -> str:
    words = {"pattern": rule.get("pattern") or "*", "folder": rule.get("folder")}
    return _("When a file “%(pattern)s” lies in “%(folder)s”") % words


def _mail(rule: Mapping[str, Any]) -> str:
    words = {"mailbox": rule.get("mailbox") or "INBOX", "host": rule.get("host")}
    said = [_("When a mail comes into “%(mailbox)s” at %(host)s") % words]
    if rule.get("from"):
        said.append(_("from “%(from)s”") % {"from": rule["from"]})
    if rule.get("subject"):
        said.append(_("about “%(subject)s”") % {"subject": rule["subject"]})
    return " ".join(said)


SOURCES: Final[Mapping[str, Callable[[Mapping[str, Any]], str]]] = {
    "webhook": lambda _rule: _("At a call of its address"),
    "internal": _internal,
    "file": _file,
    "mail": _mail,
}
WORDS: Final[Mapping[str, Callable[[JsonObject], str]]] = {
    Kind.TIME: _time,
    Kind.QUEUE: lambda rule: queue_words(parse_queue(rule)),
    Kind.STATE: lambda rule: state_words(parse_state(rule)),
    Kind.EVENT: _event,
    Kind.EXPECTED: _expected,
}
