"""Rules in plain words."""

from django.utils.translation import gettext as _

from apps.lib.durations import duration_in_words

from .tree import Condition, Group, Rule


def rule_words(rule: Rule) -> str:
    """Return when an alert fires, and when it is over, as sentences."""
    parts = [_("When %(when)s") % {"when": _joined(rule.when)}]
    if rule.for_seconds:
        length = duration_in_words(rule.for_seconds)
        parts.append(_("for %(length)s already") % {"length": length})
    begins = ", ".join(parts) + "."
    if not rule.clear_seconds:
        return begins
    length = duration_in_words(rule.clear_seconds)
    ends = _("Over after %(length)s without.") % {"length": length}
    return f"{begins} {ends}"


def condition_words(condition: Condition) -> str:
    """Return one condition in words, with the value that ends it."""
    words = condition.test.words()
    if condition.clear is None:
        return words
    ending = condition.still.as_json().get("value")
    shown = _shown(condition, ending)
    return _("%(condition)s (ends at %(value)s)") % {"condition": words, "value": shown}


def _joined(group: Group) -> str:
    glue = _(" and ") if group.join == "all" else _(" or ")
    said = [
        f"({_joined(each)})" if isinstance(each, Group) else condition_words(each)
        for each in group.members
    ]
    return glue.join(said)


def _shown(condition: Condition, value: object) -> str:
    metric = condition.test.as_json().get("metric")
    return value_words(str(metric), value)


def value_words(metric: str, value: object) -> str:
    """Return a number as it is read: a share in per cent, an age as a length of time."""
    if value is None:
        return _("unknown")
    if not isinstance(value, int | float) or isinstance(value, bool):
        return str(value)
    if metric == "queue.failure_share":
        return f"{value:.0%}"
    if metric in ("queue.oldest_seconds", "check_in"):
        return duration_in_words(value) if value >= 1 else "0 s"
    return f"{value:g}"
