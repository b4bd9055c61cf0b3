"""What lists of queues say about the forecast, from what was foretold last."""

from collections.abc import Collection, Mapping

from django.urls import reverse

from apps.lib.clock import utc_now
from apps.queues.foretelling import Line

from .accepting import ACCEPTED
from .standing import last_foretold
from .wording import line_in_words


def lines_of(queue_ids: Collection[int]) -> Mapping[int, Line]:
    """Return a line for each queue of which something is foretold; one query."""
    found, now = {}, utc_now()
    for pk, kept in last_foretold(queue_ids).items():
        words = line_in_words(kept, now) if kept.basis != "none" else ""
        if words:
            is_bad = (kept.miss_chance or 0) > ACCEPTED
            found[pk] = Line(words, reverse("forecast:queue", args=[pk]), is_bad)
    return found
