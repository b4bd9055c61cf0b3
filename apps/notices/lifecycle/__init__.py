"""Telling people. `notify` is all that other apps need.

The background worker looks every second for what is to go out: `plan_notices` makes a row for each
message to each address, `send_due` sends them.
"""

from .addresses import (
    add_browser,
    add_chat,
    own_mailbox,
    remove_address,
    switch_on,
    try_address,
)
from .choosing import choose, set_rhythm
from .planning import plan_notices
from .sending import send_due
from .telling import mark_all_read, mark_read, mark_subject_read, notify, notify_gathered

__all__ = [
    "add_browser",
    "add_chat",
    "choose",
    "mark_all_read",
    "mark_read",
    "mark_subject_read",
    "notify",
    "notify_gathered",
    "own_mailbox",
    "plan_notices",
    "remove_address",
    "send_due",
    "set_rhythm",
    "switch_on",
    "try_address",
]
