"""Something to see on Today and among the walls, in a running room."""

from datetime import timedelta

from apps.accounts.models import Folder
from apps.dashboard.deadlines import record_deadlines
from apps.dashboard.lifecycle import (
    change_hand_over,
    create_display_token,
    revoke_display_token,
    save_wall,
    take_over,
    write_hand_over,
)
from apps.dashboard.models import Wall
from apps.lib.actors import SYSTEM
from apps.lib.clock import database_now
from apps.queues.models import WorkItem

FIGURES = {"backlog": 12, "people": 3, "problems": 1, "late": 0, "done": 240}
PAGES = [
    {"title": "Now", "tiles": ["backlog", "failures", "in-time"], "shows_chart": True},
    {"title": "People", "tiles": ["people"], "shows_chart": False},
]


def make_shifts_to_see(folder: Folder) -> None:
    """A note that was corrected and taken over, an open one, a wall with two screens, one late."""
    note = write_hand_over(
        folder, text="The ERP was slow", audience="late shift", figures=FIGURES, by=SYSTEM
    )
    changed = change_hand_over(
        note, text="The ERP is well: https://example.com", audience="", version=1, by=SYSTEM
    )
    take_over(changed, by=SYSTEM)
    write_hand_over(folder, text="All quiet", audience="", figures=FIGURES, by=SYSTEM)
    wall = Wall(folder=folder, key="seen", time_zone="Europe/Berlin")
    save_wall(wall, {"title": "Seen", "pages": PAGES}, by=SYSTEM)
    create_display_token(wall, name="Entrance", networks="10.1.0.0/16", by=SYSTEM)
    token, _text = create_display_token(wall, name="Old screen", networks="", by=SYSTEM)
    revoke_display_token(token, by=SYSTEM)
    newest = WorkItem.objects.filter(queue__folder=folder).order_by("-pk").values("pk")[:1]
    late = database_now() - timedelta(minutes=1)
    WorkItem.objects.filter(pk__in=list(newest.values_list("pk", flat=True))).update(due_at=late)
    record_deadlines()
