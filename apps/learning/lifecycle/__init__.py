"""What is learnt from decisions, and what is done about it."""

from .verdicts import bring_verdicts_in_line, record_missing_verdicts

__all__ = ["bring_verdicts_in_line", "record_missing_verdicts"]
