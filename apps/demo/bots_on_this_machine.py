"""Killing a bot, as a power cut would: for trying, and only on the machine of the web process."""

import os
import signal
import socket

from django.utils.translation import gettext as _

from apps.bots.models import Bot, BotSlot
from apps.lib.errors import ConflictError


def kill_slot(bot: Bot, slot_number: int) -> None:
    """Kill -9 the slot's process; what it runs dies with it.

    Raises ConflictError when the bot runs on another machine or its process is gone.
    """
    slot = BotSlot.objects.filter(bot=bot, number=slot_number).first()
    if slot is None or slot.pid is None or bot.host != socket.gethostname():
        raise ConflictError(_("%(bot)s runs on another machine; kill it there.") % {"bot": bot})
    try:
        os.kill(slot.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        raise ConflictError(_("The process of %(bot)s is gone already.") % {"bot": bot}) from None
