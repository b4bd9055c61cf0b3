"""Rules, alerts, silences, and what was looked at last. Only `lifecycle` writes them."""

from .alerts import Alert, AlertComment
from .rules import AlertRule, Severity
from .watching import CheckIn, Silence, Watch

__all__ = ["Alert", "AlertComment", "AlertRule", "CheckIn", "Severity", "Silence", "Watch"]
