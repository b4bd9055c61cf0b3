"""A definition in people's words, field by field, and what one save changed."""

from collections.abc import Mapping
from typing import Any

import orjson
from django.utils.translation import gettext as _

from apps.lib.errors import DomainError
from apps.lib.json import Json, JsonObject

from .conditions import NO_TITLES
from .definitions import FIELDS
from .models import Trigger, TriggerVersion
from .presenting import target_key, target_word
from .presenting_rules import WORDS

LONGEST = 4_000
# beside the sentence of a rule, each on its own line
BESIDE_RULE = ("zone", "starts_at", "ends_at", "jitter_seconds", "anchor")
CHOICES: dict[str, type[Any]] = {
    "overlap": Trigger.Overlap,
    "missed": Trigger.Missed,
    "on_closed": Trigger.OnClosed,
    "kind": Trigger.Kind,
}


def labels() -> dict[str, str]:
    return {
        "title": _("Title"),
        "description": _("Description"),
        "kind": _("Kind"),
        "rule": _("When"),
        "rule.zone": _("Time zone"),
        "rule.starts_at": _("Not before"),
        "rule.ends_at": _("Not after"),
        "rule.jitter_seconds": _("Spread over seconds"),
        "rule.anchor": _("Counted from"),
        "rule.more": _("Settings"),
        "target": _("Starts"),
        "target.version": _("Version"),
        "target.data": _("Data"),
        "calendar": _("Calendar"),
        "on_closed": _("On closed days"),
        "overlap": _("If the last one is still under way"),
        "missed": _("Times that nobody was there for"),
        "max_catch_up": _("Make up for at most"),
        "disable_after_failures": _("Switch off after failures in a row"),
        "owner": _("Owner"),
    }


def settings_of_event() -> dict[str, str]:
    """Return what the sentence of an event trigger does not say, to be filled with its rule."""
    return {
        "tolerance_seconds": _("calls up to %(tolerance_seconds)s s old"),
        "settle_seconds": _("files unchanged for %(settle_seconds)s s"),
        "then": _("afterwards: %(then)s"),
        "credential": _("as “%(credential)s”"),
        "port": _("port %(port)s"),
        "tls": _("encryption: %(tls)s"),
    }


def differences(before: JsonObject, after: JsonObject) -> list[dict[str, str]]:
    """Return `{label, before, after}` of each field that differs, as people read it."""
    old, new, named = in_words(before), in_words(after), labels()
    return [
        {"label": label, "before": old.get(name, ""), "after": new.get(name, "")}
        for name, label in named.items()
        if old.get(name, "") != new.get(name, "")
    ]


def in_words(definition: Mapping[str, Any]) -> dict[str, str]:
    """Return each field of a definition as people read it."""
    found: dict[str, str] = {}
    for name in FIELDS:
        value = definition.get(name)
        if name == "rule":
            found |= _rule_in_words(str(definition.get("kind", "")), value or {})
        elif name == "target":
            found |= _target_in_words(value or {})
        elif name in CHOICES:
            found[name] = str(dict(CHOICES[name].choices).get(value, value or ""))
        else:
            found[name] = "" if value is None else str(value)
    return found


def data_of(target: Mapping[str, Any]) -> Json:
    """Return what is handed over: variables, input or items."""
    names = {"run": "input", "items": "items", "task": "message", "alert": "message"}
    found: Json = target.get(names.get(str(target.get("type")), "variables"))
    return found


def shown(value: Json) -> str:
    """Return JSON as people read it, cut where it is very long."""
    if isinstance(value, str):
        return value[:LONGEST]
    text = orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def changes_by_version(versions: list[TriggerVersion]) -> dict[int, list[dict[str, str]]]:
    """Return what each version changed, by its number; `versions` are in order, newest first."""
    found: dict[int, list[dict[str, str]]] = {}
    for newer, older in zip(versions, versions[1:], strict=False):
        found[newer.number] = differences(older.definition, newer.definition)
    return found


def _rule_in_words(kind: str, rule: Mapping[str, Any]) -> dict[str, str]:
    words = {"rule": _sentence(kind, rule)}
    if rule.get("type") == "cron":
        words["rule"] += f" ({rule.get('cron')})"
    for name in BESIDE_RULE:
        if rule.get(name):
            words[f"rule.{name}"] = str(rule[name]).replace("T", " ")
    if kind == Trigger.Kind.EVENT:
        said = settings_of_event()
        words["rule.more"] = ", ".join(said[name] % rule for name in said if name in rule)
    return words


def _sentence(kind: str, rule: Mapping[str, Any]) -> str:
    if not rule:
        return ""
    try:
        # what a version said, by keys: these are what it meant, however things are called today
        return WORDS[kind](dict(rule), NO_TITLES)
    except (DomainError, KeyError):  # a version may say what is a fault, or no kind, today
        return shown(dict(rule))


def _target_in_words(target: Mapping[str, Any]) -> dict[str, str]:
    if not target:
        return {}
    data = data_of(target)
    return {
        "target": f"{target_word(str(target.get('type')))}: {target_key(target)}",
        "target.version": str(target.get("version") or ""),
        "target.data": shown(data) if data else "",
    }
