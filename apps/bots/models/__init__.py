"""The workforce: pools, bots and their slots; what they run; each run and its log."""

from .automations import (
    MAX_PRIORITY,
    USUAL_PRIORITY,
    Automation,
    AutomationVersion,
    Canary,
)
from .fleet import (
    ANSWER_SECONDS,
    MAX_CAPABILITY,
    MAX_POOL_SLOTS,
    Bot,
    BotPool,
    BotSlot,
    Maintenance,
    MaintenanceQuerySet,
    Seconds,
)
from .lines import MAX_CORRELATION, MAX_STEP, LogLine
from .runs import HUNG_AT_LEAST_SECONDS, HUNG_FACTOR, Run, RunQuerySet

__all__ = [
    "ANSWER_SECONDS",
    "HUNG_AT_LEAST_SECONDS",
    "HUNG_FACTOR",
    "MAX_CAPABILITY",
    "MAX_CORRELATION",
    "MAX_POOL_SLOTS",
    "MAX_PRIORITY",
    "MAX_STEP",
    "USUAL_PRIORITY",
    "Automation",
    "AutomationVersion",
    "Bot",
    "BotPool",
    "BotSlot",
    "Canary",
    "LogLine",
    "Maintenance",
    "MaintenanceQuerySet",
    "Run",
    "RunQuerySet",
    "Seconds",
]
