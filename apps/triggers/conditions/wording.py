"""Conditions in plain words."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.lib.durations import duration_in_words

from .queues import QueueRule
from .tree import Joined, Leaf, OfAsset, OfEnd, OfQueue, OfTrigger, StateRule


def queue_words(rule: QueueRule) -> str:
    """Return when a queue trigger starts how much."""
    n = rule.min_items
    first = ngettext(
        "As soon as %(n)d item waits in “%(queue)s”",
        "As soon as %(n)d items wait in “%(queue)s”",
        n,
    )
    parts = [first % {"n": n, "queue": rule.queue}]
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


def state_words(rule: StateRule) -> str:
    """Return when a state trigger starts something."""
    when = _joined(rule.when)
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


def leaf_words(leaf: Leaf) -> str:
    """Return one condition in words."""
    match leaf:
        case OfQueue():
            return _of_queue(leaf)
        case OfAsset():
            words = {"asset": leaf.asset, "op": _op(leaf.op), "value": leaf.value}
            return _("“%(asset)s” is %(op)s %(value)s") % words
        case OfEnd():
            return _of_end(leaf)
        case OfTrigger():
            return _("the trigger “%(key)s” has started something today") % {"key": leaf.trigger}


def _joined(joined: Joined) -> str:
    glue = _(" and ") if joined.join == "all" else _(" or ")
    said = [
        f"({_joined(each)})" if isinstance(each, Joined) else leaf_words(each)
        for each in joined.members
    ]
    return glue.join(said)


def _of_queue(leaf: OfQueue) -> str:
    words = {"queue": leaf.queue, "op": _op(leaf.op), "n": f"{leaf.value:g}"}
    if leaf.metric == "queue.oldest_seconds":
        words["n"] = duration_in_words(leaf.value) if leaf.value else "0 s"
        return _("the oldest item of “%(queue)s” has waited for %(op)s %(n)s") % words
    if leaf.metric == "queue.failure_share":
        words |= {"n": f"{leaf.value:.0%}", "length": duration_in_words(leaf.window_seconds)}
        return _("%(op)s %(n)s of the tries of “%(queue)s” have failed within %(length)s") % words
    said = {
        "queue.ready": _("%(op)s %(n)s items wait in “%(queue)s”"),
        "queue.in_progress": _("%(op)s %(n)s items of “%(queue)s” are at work"),
        "queue.needs_decision": _("%(op)s %(n)s items of “%(queue)s” need a person"),
    }
    return said[leaf.metric] % words


def _of_end(leaf: OfEnd) -> str:
    whole = {
        ("workflow", "any"): _("the workflow “%(key)s” has ended"),
        ("workflow", "successful"): _("the workflow “%(key)s” has ended well"),
        ("workflow", "failed"): _("the workflow “%(key)s” has failed"),
        ("automation", "any"): _("a run of “%(key)s” has ended"),
        ("automation", "successful"): _("a run of “%(key)s” has ended well"),
        ("automation", "failed"): _("a run of “%(key)s” has failed"),
    }[leaf.kind, leaf.ended] % {"key": leaf.key}
    if leaf.within == "today":
        return f"{whole} {_('today')}"
    return f"{whole} {_('within %(length)s') % {'length': duration_in_words(leaf.within)}}"


def _op(op: str) -> str:
    return {
        ">=": _("at least"),
        ">": _("more than"),
        "<=": _("at most"),
        "<": _("less than"),
        "=": _("exactly"),
        "!=": _("not"),
    }[op]
