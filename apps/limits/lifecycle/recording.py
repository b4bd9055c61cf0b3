"""What moves leave behind: an event each, open pages that hear of it, people who are told."""

from typing import Final

from apps.accounts.watchers import watchers_of
from apps.events.bus import publish
from apps.events.models import Event
from apps.lib.actors import Actor
from apps.lib.doorbell import ring
from apps.lib.json import JsonObject
from apps.limits.models import Application, Freeze, Limit
from apps.limits.pages import page_of
from apps.notices.lifecycle import notify

# the pages that list all of it
TOPIC: Final = "limits"
# the banner of every page
STOPS: Final = "stops"
APPLICATION_NOTICE: Final = "application"
STOP_NOTICE: Final = "emergency_stop"

Row = Application | Limit | Freeze


def record(kind: str, row: Row, by: Actor, data: JsonObject | None = None) -> Event:
    """Write what was done to `row` into its history; who waits for work looks again."""
    subject = row._meta.model_name or ""
    # allocation need not wait for its next second when something may start again
    ring("scheduler")
    return publish(
        f"{subject}.{kind}",
        subject=(subject, row.pk),
        folder_id=row.folder_id,
        by=by,
        data={"title": row.title, **(data or {})},
        topics=[TOPIC, *topics_of(row)],
    )


def topics_of(row: Row) -> list[str]:
    """Return the topics of the applications' pages that show `row`."""
    if isinstance(row, Limit):
        return [f"application:{row.application_id}"] if row.application_id else []
    if isinstance(row, Freeze) and row.pk:
        return [f"application:{pk}" for pk in row.applications.values_list("pk", flat=True)]
    return []


def tell(application: Application, event: Event, *, title: str, body: str) -> None:
    """Tell those who watch over the folder."""
    notify(
        watchers_of(application.folder_id),
        APPLICATION_NOTICE,
        title=title,
        body=body,
        url=page_of("applications:detail", application.pk),
        folder_id=application.folder_id,
        subject=("application", application.pk),
        key=f"{APPLICATION_NOTICE}:{event.id}",
    )
