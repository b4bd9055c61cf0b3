"""News that moves the times of triggers, and news that triggers listen to."""

from apps.events.bus import News, subscribe

from . import telling  # noqa: F401 - registers as it is loaded
from .lifecycle import replan
from .models import Trigger
from .receiving.happenings import HEARD
from .receiving.hearing import hear


@subscribe("calendar.changed")
def plan_by_new_hours(news: News) -> None:
    """A calendar changed: what it shifts or leaves out may be other times now."""
    if news.subject is not None:
        by_it = Trigger.objects.filter(calendar_id=news.subject[1])
        replan(list(by_it.values_list("pk", flat=True)))


@subscribe(*HEARD)
def start_what_listens(news: News) -> None:
    """Something happened here that triggers may be waiting for."""
    hear(news)
