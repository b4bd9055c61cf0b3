"""News that moves the times of triggers."""

from apps.events.bus import News, subscribe

from .lifecycle import replan
from .models import Trigger


@subscribe("calendar.changed")
def plan_by_new_hours(news: News) -> None:
    """A calendar changed: what it shifts or leaves out may be other times now."""
    if news.subject is not None:
        by_it = Trigger.objects.filter(calendar_id=news.subject[1])
        replan(list(by_it.values_list("pk", flat=True)))
