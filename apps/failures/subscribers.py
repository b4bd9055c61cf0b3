"""What failures hear of: tries, runs and incidents. They are only noted here, and grouped later."""

from datetime import datetime
from typing import cast

from django.utils.translation import gettext_lazy as _

from apps.events.bus import News, subscribe_many
from apps.webhooks.kinds import register

from . import lifecycle

register(
    {
        "failure_group.opened": _("Something fails that did not before"),
        "failure_group.back": _("Something fails again that was resolved"),
    }
)


@subscribe_many("work_item.failed")
def note_tries(news: list[News]) -> None:
    """All tries that one statement ended have failed at the same moment."""
    for each in news:
        tries = cast(list[tuple[int, int]], each.data["tries"])
        ended_at = datetime.fromisoformat(str(each.data["at"]))
        lifecycle.note_tries([(item, number) for item, number in tries], ended_at)


@subscribe_many("run.broken")
def note_runs(news: list[News]) -> None:
    lifecycle.note_runs(cast(int, each.data["run_id"]) for each in news)


@subscribe_many("incident.opened")
def note_incidents(news: list[News]) -> None:
    lifecycle.note_incidents_of(each.subject[1] for each in news if each.subject)
