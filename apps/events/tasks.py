"""What the background worker does for events."""

from . import doorman
from .delivery import deliver_outbox

# news that one call for the postman delivers; the sweep goes on with what is left
AT_ONCE = 1_000


def deliver() -> int:
    """Deliver the outbox, now that somebody rang."""
    doorman.delivery_begins()
    return deliver_outbox(AT_ONCE)
