"""Conditions in plain words, which name things by their titles."""

from collections.abc import Mapping
from typing import Final, TypeAlias

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.lib.durations import duration_in_words

from .expecting import Expected
from .queues import QueueRule
from .tree import Joined, Leaf, OfAsset, OfEnd, OfQueue, OfTrigger, StateRule

# Something that a rule names: queue, asset, workflow, automation or trigger, and its key
Thing: TypeAlias = tuple[str, str]
# How people call these; what is gone is called by its key
Titles: TypeAlias = Mapping[Thing, str]
NO_TITLES: Final[Titles] = {}


def title_in(titles: Titles, what: str, key: str) -> str:
    return titles.get((what, key)) or key


def queue_words(rule: QueueRule, titles: Titles = NO_TITLES) -> str:
    """Return when a queue trigger starts how much."""
    n = rule.min_items
    first = ngettext(
        "As soon as %(n)d item waits in “%(queue)s”",
        "As soon as %(n)d items wait in “%(queue)s”",
        n,
    )
    parts = [first % {"n": n, "queue": title_in(titles, "queue", rule.queue)}]
    if rule.oldest_seconds is not None:
        length = duration_in_words(rule.oldest_seconds)
        parts.append(_("or one has waited for %(length)s") % {"length": length})
    if rule.due_within_seconds is not None:
        length = duration_in_words(rule.due_within_seconds)
        parts.append(_("or one is due within %(length)s") % {"length": length})
    if rule.miss_chance is not None:
        chance = round(100 * rule.miss_chance)
        parts.append(_("or one will be late with a chance of %(n)d %%") % {"n": chance})
    if rule.max_active > 1:
        words = {"each": rule.items_per_start, "most": rule.max_active}
        text = ngettext(
            "one start for each item, at most %(most)d at once",
            "one start for each %(each)d items, at most %(most)d at once",
            rule.items_per_start,
        )
        parts.append(text % words)
    return ", ".join(parts)


def state_words(rule: StateRule, titles: Titles = NO_TITLES) -> str:
    """Return when a state trigger starts something."""
    when = _joined(rule.when, titles)
    if rule.mode == "edge":
        parts = [_("When %(when)s") % {"when": when}]
    else:
        length = duration_in_words(rule.cool_down_seconds)
        parts = [_("While %(when)s") % {"when": when}, _("each %(length)s") % {"length": length}]
    if rule.for_seconds:
        length = duration_in_words(rule.for_seconds)
        parts.append(_("for %(length)s already") % {"length": length})
    if rule.mode == "edge" and rule.cool_down_seconds:
        length = duration_in_words(rule.cool_down_seconds)
        parts.append(_("%(length)s after the last start at the earliest") % {"length": length})
    if rule.once_per:
        parts.append(_("once a day"))
    return ", ".join(parts)


def expected_words(expected: Expected, titles: Titles = NO_TITLES) -> str:
    """Return what is expected, as a part of a sentence."""
    n, title = expected.at_least, title_in(titles, "queue", expected.key)
    if expected.kind == "items":
        words = {"n": n, "queue": title}
        one = _("a new item in “%(queue)s”")
        many = ngettext("%(n)d new item in “%(queue)s”", "%(n)d new items in “%(queue)s”", n)
        return (one if n == 1 else many) % words
    if expected.kind == "trigger":
        title = title_in(titles, "trigger", expected.key)
        return _("a start of the trigger “%(trigger)s”") % {"trigger": title}
    words = {"pattern": expected.pattern, "folder": expected.key}
    return _("a file “%(pattern)s” in “%(folder)s”") % words


def leaf_words(leaf: Leaf, titles: Titles = NO_TITLES) -> str:
    """Return one condition in words."""
    match leaf:
        case OfQueue():
            return _of_queue(leaf, title_in(titles, "queue", leaf.queue))
        case OfAsset():
            return _of_asset(leaf, title_in(titles, "asset", leaf.asset))
        case OfEnd():
            return _of_end(leaf, title_in(titles, leaf.kind, leaf.key))
        case OfTrigger():
            title = title_in(titles, "trigger", leaf.trigger)
            return _("the trigger “%(title)s” has started something today") % {"title": title}


def _joined(joined: Joined, titles: Titles) -> str:
    glue = _(" and ") if joined.join == "all" else _(" or ")
    said = [
        f"({_joined(each, titles)})" if isinstance(each, Joined) else leaf_words(each, titles)
        for each in joined.members
    ]
    return glue.join(said)


def _of_queue(leaf: OfQueue, queue: str) -> str:
    words = {"queue": queue, "op": _op(leaf.op), "n": f"{leaf.value:g}"}
    if leaf.metric == "queue.oldest_seconds":
        words["n"] = duration_in_words(leaf.value) if leaf.value else "0 s"
        return _("the oldest item of “%(queue)s” has waited for %(op)s %(n)s") % words
    if leaf.metric == "queue.failure_share":
        words |= {"n": f"{leaf.value:.0%}", "length": duration_in_words(leaf.window_seconds)}
        return _("%(op)s %(n)s of the tries of “%(queue)s” have failed within %(length)s") % words
    n = number_for_words(leaf.value)
    said = {
        "queue.ready": ngettext(
            "%(op)s %(n)s item waits in “%(queue)s”", "%(op)s %(n)s items wait in “%(queue)s”", n
        ),
        "queue.in_progress": ngettext(
            "%(op)s %(n)s item of “%(queue)s” is at work",
            "%(op)s %(n)s items of “%(queue)s” are at work",
            n,
        ),
        "queue.needs_decision": ngettext(
            "%(op)s %(n)s item of “%(queue)s” needs a person",
            "%(op)s %(n)s items of “%(queue)s” need a person",
            n,
        ),
    }
    return said[leaf.metric] % words


def number_for_words(value: float) -> int:
    """Return the number by which a language chooses its words; of half an item there are many."""
    return int(value) if value == int(value) else 2


def _of_asset(leaf: OfAsset, asset: str) -> str:
    words = {"asset": asset, "op": _op(leaf.op), "value": _value(leaf.value)}
    if leaf.op == "=":
        return _("“%(asset)s” is %(value)s") % words
    return _("“%(asset)s” is %(op)s %(value)s") % words


def _value(value: str | float | bool) -> str:  # noqa: FBT001  one of the values there are
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return f"“{value}”" if isinstance(value, str) else f"{value:.15g}"


def _of_end(leaf: OfEnd, title: str) -> str:
    whole = {
        ("workflow", "any"): _("the workflow “%(title)s” has ended"),
        ("workflow", "successful"): _("the workflow “%(title)s” has ended well"),
        ("workflow", "failed"): _("the workflow “%(title)s” has failed"),
        ("automation", "any"): _("a run of “%(title)s” has ended"),
        ("automation", "successful"): _("a run of “%(title)s” has ended well"),
        ("automation", "failed"): _("a run of “%(title)s” has failed"),
    }[leaf.kind, leaf.ended] % {"title": title}
    if leaf.within == "today":
        return f"{whole} {_('today')}"
    within = _("within %(length)s") % {"length": duration_in_words(leaf.within)}
    return f"{whole} {within}"


def _op(op: str) -> str:
    return {
        ">=": _("at least"),
        ">": _("more than"),
        "<=": _("at most"),
        "<": _("less than"),
        "=": _("exactly"),
        "!=": _("not"),
    }[op]
