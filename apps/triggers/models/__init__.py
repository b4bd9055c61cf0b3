"""Triggers, all their versions, one row for each time or occasion, and what came in for them."""

from .deliveries import Delivery, WebhookSecret
from .firings import Firing
from .triggers import MAX_CATCH_UP, FolderPause, Trigger, TriggerVersion

__all__ = [
    "MAX_CATCH_UP",
    "Delivery",
    "Firing",
    "FolderPause",
    "Trigger",
    "TriggerVersion",
    "WebhookSecret",
]
