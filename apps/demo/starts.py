"""What the demo starts by the clock: statements in between, besides those of the month-end."""

from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Folder
from apps.lib.actors import SYSTEM
from apps.triggers.lifecycle import save_trigger
from apps.triggers.models import Trigger

from .drawn import STATEMENTS

ZONE = "Europe/Berlin"
MORNINGS = {"type": "cron", "cron": "0 7 * * 1-5", "zone": ZONE}
FRIDAYS = {
    "type": "recurring", "freq": "weekly", "interval": 2, "weekdays": ["fri"],
    "times": ["16:00"], "zone": ZONE,
}  # fmt: skip
STARTS = [
    ("morning-statements", _("Statements each morning"), MORNINGS),
    ("friday-statements", _("Statements every second Friday"), FRIDAYS),
]


def set_up_triggers(folder: Folder) -> None:
    """Make the triggers that the folder lacks; those that people have changed stay as they are."""
    for key, title, rule in STARTS:
        if not Trigger.objects.filter(folder=folder, key=key).exists():
            target = {"type": "workflow", "key": STATEMENTS, "variables": {"month": ""}}
            said = {"title": str(title), "rule": rule, "target": target}
            save_trigger(folder, key, said, by=SYSTEM)
