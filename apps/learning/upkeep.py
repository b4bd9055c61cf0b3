"""What runs by itself; see controlroom/cron.py."""

from .lifecycle import find_proposals, record_missing_verdicts

__all__ = ["find_proposals", "record_missing_verdicts"]
