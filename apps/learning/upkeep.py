"""What runs by itself; see controlroom/cron.py."""

from .lifecycle import record_missing_verdicts

__all__ = ["record_missing_verdicts"]
