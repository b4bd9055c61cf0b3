"""Alerts begin, are taken, and end; rules are saved; people are told. The one door to them all."""

from .caring import acknowledge, acknowledge_all, assign, comment, resolve, snooze
from .checking_in import check_in
from .looking import look
from .saving import Saved, remove_rule, save_rule, switch_rule
from .silencing import end_silence, silence
from .sources import follow_application, raise_for_trigger
from .telling import recipients_of, tell_due, try_telling, wake_snoozed

__all__ = [
    "Saved",
    "acknowledge",
    "acknowledge_all",
    "assign",
    "check_in",
    "comment",
    "end_silence",
    "follow_application",
    "look",
    "raise_for_trigger",
    "recipients_of",
    "remove_rule",
    "resolve",
    "save_rule",
    "silence",
    "snooze",
    "switch_rule",
    "tell_due",
    "try_telling",
    "wake_snoozed",
]
