"""The live parts of the Try it page: one a step, so that the buttons stay put."""

from typing import Any
from urllib.parse import parse_qsl

from django.db.models import Case, When
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from apps.accounts.models import Folder
from apps.accounts.permissions import Action
from apps.events.fragments import Audience, fragment
from apps.lib.numbers import whole_number

from .models import DemoSetting, LedgerEntry, TryItStep
from .portal.service import is_portal_down
from .steps import BY_KEY, lease_of
from .trying import instances_of


@fragment(
    "demo.step",
    template="demo/try_it.html#step",
    action=Action.VIEW,
    topics=("try-it:{user}", "queues", "workflows"),
)
def step(audience: Audience, arg: str) -> dict[str, Any] | None:
    """`arg`: `user=1&folder=1&step=flood`."""
    wanted = dict(parse_qsl(arg))
    known = BY_KEY.get(wanted.get("step", ""))
    folders = audience.folder_ids(Action.VIEW)
    folder_id = whole_number(wanted.get("folder", "")) or 0
    folder = Folder.objects.filter(pk__in=folders, pk=folder_id).first()
    if known is None or folder is None:
        return None
    progress = (
        TryItStep.objects.select_related("user")
        .filter(folder=folder, user_id=whole_number(wanted.get("user", "")) or 0, step=known.key)
        .first()
    )
    at_work = lease_of(progress) if progress else None
    return {
        "step": known,
        "progress": progress,
        "link": known.link(folder, progress),
        "worked_by": at_work.bot if at_work else "",
        "standing": _standing(progress),
    }


def _standing(progress: TryItStep | None) -> str:
    """Say how many of the step's invoices have ended, when it made several."""
    if progress is None or progress.first_instance_id == progress.last_instance_id:
        return ""
    instances = instances_of(progress)
    ended = instances.filter(ended_at__isnull=False).count()
    return _("%(done)s of %(all)s have ended") % {"done": ended, "all": instances.count()}


@fragment(
    "demo.switches",
    template="demo/try_it.html#switches",
    action=Action.VIEW,
    topics=("demo:{arg}", "queues"),
)
def switches(audience: Audience, arg: str) -> dict[str, Any] | None:
    """`arg` is the folder."""
    folders = audience.folder_ids(Action.VIEW)
    found = DemoSetting.objects.filter(folder_id=whole_number(arg) or 0, folder__in=folders)
    is_down = Case(When(erp_down_until__gt=Now(), then=True), default=False)
    switch = found.annotate(is_down=is_down).first()
    if switch is None:
        return None
    entries = LedgerEntry.objects.filter(folder_id=switch.folder_id)
    return {
        "switch": switch,
        "is_down": switch.is_down,
        "is_portal_down": is_portal_down(switch),
        "n_posted": entries.count(),
        "n_twice": len(entries.posted_twice()),
    }
