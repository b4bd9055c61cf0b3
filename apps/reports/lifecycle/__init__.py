"""Whatever reports write.

`recording` adds up the days; `worths` keeps what an item is worth; `mails` has reports sent:

    next_at ──due──► next_at of the next time, and one ReportMailing ──► a notice to its person
       └── ended by its person ──► none
"""

from .mails import end_mail, order_mail, send_due_reports
from .recording import prune_hands, record_again, record_figures, record_span
from .worths import set_worth

__all__ = [
    "end_mail",
    "order_mail",
    "prune_hands",
    "record_again",
    "record_figures",
    "record_span",
    "send_due_reports",
    "set_worth",
]
