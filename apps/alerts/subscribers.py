"""News of lower apps that are alerts."""

from django.utils.translation import gettext_lazy as _

from apps.events.bus import News, subscribe
from apps.webhooks.kinds import register

from .lifecycle import follow_application, raise_for_trigger

register(
    {
        "alert.fired": _("An alert fires"),
        "alert.acknowledged": _("Somebody takes an alert"),
        "alert.resolved": _("Somebody resolves an alert"),
        "alert.ended": _("An alert ends by itself"),
    }
)


@subscribe("application.opened", "application.probing", "application.closed", "application.reset")
def follow_breakers(news: News) -> None:
    """An application fails, or works again."""
    if news.subject is not None:
        follow_application(news.subject[1], reason=str(news.data.get("reason") or ""))


@subscribe("trigger.alerted")
def take_in_trigger(news: News) -> None:
    """A trigger raises an alert."""
    if news.subject is None or news.folder_id is None or news.event_id is None:
        return
    raise_for_trigger(
        news.subject[1],
        news.folder_id,
        event_id=news.event_id,
        title=str(news.data.get("alert") or news.data.get("title") or ""),
        text=str(news.data.get("message") or ""),
    )
