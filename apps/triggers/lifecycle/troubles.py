"""Where a trigger listens may fail: its people hear of it once, and once when it works again."""

from typing import Final

from django.db import transaction
from django.utils.translation import gettext as _

from apps.lib.actors import SYSTEM
from apps.lib.json import JsonObject
from apps.notices.lifecycle import notify
from apps.triggers.models import Trigger

from .hooking import note_seen
from .moving import record
from .people import concerned, page_of, supervisors

NOTICE: Final = "trigger_deaf"


@transaction.atomic
def note_trouble(trigger: Trigger, trouble: str) -> bool:
    """Keep why the trigger can't listen, "" once it can; True where that is news.

    Its owner and the supervisors are told when it begins and when it is over, not when the reason
    changes in between. Of several processes that noticed the same, one tells.
    """
    before = str(trigger.seen.get("trouble") or "")
    if before == trouble or not note_seen(trigger, {**trigger.seen, "trouble": trouble}):
        return False
    if not before or not trouble:
        _tell(trigger, trouble)
    return True


def _tell(trigger: Trigger, trouble: str) -> None:
    words: JsonObject = {"reason": trouble} if trouble else {}
    event = record("deaf" if trouble else "hears_again", trigger, SYSTEM, words)
    title, body = _("The trigger “%s” listens again"), _("What came meanwhile starts now.")
    if trouble:
        title = _("The trigger “%s” can't listen")
        body = _("%s What comes starts nothing until that is mended.") % trouble
    notify(
        {*concerned(trigger), *supervisors(trigger)},
        NOTICE,
        title=title % trigger.title,
        body=body,
        url=page_of(trigger),
        folder_id=trigger.folder_id,
        subject=("trigger", trigger.pk),
        key=f"{NOTICE}:{event.id}",
    )
