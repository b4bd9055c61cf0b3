"""The live parts of the Try it page: one a step, so that the buttons stay put."""

from typing import Any
from urllib.parse import parse_qsl

from apps.accounts.models import Folder
from apps.accounts.permissions import Action
from apps.events.fragments import Audience, fragment
from apps.queues.models import Lease

from .models import TryItStep
from .steps import BY_KEY


@fragment(
    "demo.step",
    template="demo/try_it.html#step",
    action=Action.VIEW,
    topics=("try-it:{user}", "queues"),
)
def step(audience: Audience, arg: str) -> dict[str, Any] | None:
    """`arg`: `user=1&folder=1&step=flood`."""
    wanted = dict(parse_qsl(arg))
    known = BY_KEY.get(wanted.get("step", ""))
    folders = audience.folder_ids(Action.VIEW)
    folder = Folder.objects.filter(pk__in=folders, pk=_number(wanted.get("folder", ""))).first()
    if known is None or folder is None:
        return None
    progress = TryItStep.objects.filter(
        folder=folder, user_id=_number(wanted.get("user", "")), step=known.key
    ).first()
    at_work = progress and Lease.objects.filter(item_id=progress.first_item_id).first()
    return {
        "step": known,
        "progress": progress,
        "link": known.link(folder, progress),
        "worked_by": at_work.bot if at_work else "",
    }


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
