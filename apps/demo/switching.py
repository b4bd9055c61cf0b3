"""Whether things come in by themselves: one switch for invoices, claims and vendors to check."""

from django.db import transaction

from apps.accounts.models import Folder
from apps.events.live import nudge
from apps.lib.actors import Actor

from .models import DemoSetting
from .starts import follow_trickle


@transaction.atomic
def switch_trickle(folder: Folder, *, is_on: bool, by: Actor) -> None:
    """Let things come in by themselves, or none; the triggers that bring them in follow."""
    DemoSetting.objects.filter(folder=folder).update(trickle_on=is_on)
    follow_trickle(folder, is_on=is_on, by=by)
    nudge(f"demo:{folder.pk}")
