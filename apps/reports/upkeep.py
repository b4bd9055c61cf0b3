"""Work that the scheduler repeats."""

from . import lifecycle, mailing
from .lifecycle import prune_hands, record_figures

__all__ = ["prune_hands", "record_figures", "send_due_reports"]


def send_due_reports() -> int:
    """Have the reports go out that are due."""
    return lifecycle.send_due_reports(mailing.tell)
