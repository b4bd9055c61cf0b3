"""What the background worker does for events."""

from . import doorman
from .delivery import deliver_outbox


def deliver() -> int:
    """Deliver the outbox, now that somebody rang."""
    doorman.delivery_begins()
    return deliver_outbox()
