"""The pages of reports."""

from .mails import mail_end, mail_list, mail_order, mail_stop
from .reports import report, report_csv, report_index, report_xlsx
from .worths import worth_edit, worth_list

__all__ = [
    "mail_end",
    "mail_list",
    "mail_order",
    "mail_stop",
    "report",
    "report_csv",
    "report_index",
    "report_xlsx",
    "worth_edit",
    "worth_list",
]
