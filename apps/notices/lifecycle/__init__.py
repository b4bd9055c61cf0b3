"""Telling people. `notify` is all that other apps need.

The background worker looks every second for what is to go out: `plan_notices` makes a row for each
message to each address, `send_due` sends them.
"""

from .telling import mark_all_read, mark_read, mark_subject_read, notify, notify_gathered

__all__ = ["mark_all_read", "mark_read", "mark_subject_read", "notify", "notify_gathered"]
