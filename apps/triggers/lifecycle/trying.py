"""One firing is tried: what it starts, or why it could not."""

import structlog

from apps.lib.errors import DomainError
from apps.triggers.models import Firing, Trigger
from apps.workflows.lifecycle.running import concerns_all

from .recording import note, note_begun
from .starting import Queues, actor_of, start_target, why

log = structlog.get_logger("controlroom.triggers")


def start_firing(trigger: Trigger, firing: Firing, queues: Queues | None = None) -> bool:
    """Start what the trigger starts for this firing, and fill in what came of it."""
    try:
        begun = start_target(
            trigger, firing.planned_at, by=actor_of(trigger), queues=queues, event=firing.event
        )
    except Exception as error:
        if concerns_all(error):
            raise
        # what people said may be refused; anything else is a fault of ours, and must be seen
        tell = log.info if isinstance(error, DomainError) else log.exception
        tell("trigger_could_not_start", trigger=trigger.pk, error=why(error))
        note(firing, Firing.Outcome.FAILED, Firing.Reason.TARGET, why(error))
        return False
    note_begun(firing, begun)
    return True
