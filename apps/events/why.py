"""Whether anybody is there who fires, allocates and wakes: asked for all that waits."""

from django.utils.translation import gettext as _

from apps.lib.clock import seconds_from_now
from apps.lib.why import Blocker

from .models import Heartbeat

# A scheduler says every 5 s that it is well
AWAY_SECONDS = 30


def scheduler_away() -> Blocker | None:
    """Return what is in the way when no scheduler was heard of lately; None when one was."""
    beats = Heartbeat.objects.filter(name__startswith="scheduler:")
    if beats.filter(at__gte=seconds_from_now(-AWAY_SECONDS)).exists():
        return None
    return Blocker(
        code="scheduler_away",
        sentence=_("No scheduler answers: nothing starts by itself."),
        next=_(
            "It goes on as soon as one runs. Whoever looks after this machine starts it: "
            "“manage.py scheduler”, or “make up” for everything."
        ),
    )
