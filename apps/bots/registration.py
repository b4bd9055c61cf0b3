"""A bot makes itself known: its row, its slots, and that no other bot goes by its name."""

import os
import socket
from collections.abc import Sequence

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from apps.accounts.models import Folder
from apps.events import live
from apps.lib.errors import NotFoundError

from .capabilities import check_capabilities
from .exceptions import BotNameTakenError
from .models import Bot, BotPool, BotSlot
from .releases import DEFAULT_POOL, default_pool


def find_pool(key: str, folder_key: str = "") -> BotPool:
    """Return the pool `key`; the default one is made when it is missing. Raises NotFoundError."""
    folder = _folder(folder_key)
    if key == DEFAULT_POOL:
        return default_pool(folder)
    pool: BotPool | None = BotPool.objects.filter(folder=folder, key=key).first()
    if pool is None:
        raise NotFoundError(
            _("There is no bot pool “%(key)s” in the folder “%(folder)s”. Make it first.")
            % {"key": key, "folder": folder.title}
        )
    return pool


def register_bot(
    pool: BotPool,
    *,
    name: str = "",
    n_slots: int = 1,
    capabilities: Sequence[str] | None = None,
) -> Bot:
    """Create or take over the bot `name` (this host's name by default) with that many slots.

    `capabilities` None: what it could do before, or people set, holds. Raises BotNameTakenError
    when another living process goes by that name, InvalidError for words that are none.
    """
    declared = {}
    if capabilities is not None:
        declared["capabilities"] = check_capabilities(capabilities)
    name = (name or socket.gethostname())[:100]
    with transaction.atomic():
        bot, _made = Bot.objects.select_for_update().get_or_create(
            folder_id=pool.folder_id, name=name, defaults={"pool": pool}
        )
        _refuse_second_process(bot)
        Bot.objects.filter(pk=bot.pk).update(
            pool=pool,
            n_slots=n_slots,
            host=socket.gethostname()[:200],
            version=settings.VERSION,
            heartbeat_at=Now(),
            **declared,
        )
        bot.slots.filter(number__gt=n_slots).delete()
        for number in range(1, n_slots + 1):
            BotSlot.objects.get_or_create(bot=bot, number=number)
    live.nudge("bots", "overview")
    return Bot.objects.get(pk=bot.pk)


def note_slot_process(bot: Bot, number: int) -> None:
    """Store which process works the slot from now on."""
    BotSlot.objects.filter(bot=bot, number=number).update(
        pid=os.getpid(), started_at=Now(), heartbeat_at=Now()
    )


def sign_off(bot: Bot) -> None:
    """Say that the bot's processes ended in order: its name is free at once."""
    bot.slots.update(pid=None, heartbeat_at=None)
    Bot.objects.filter(pk=bot.pk).update(heartbeat_at=None)
    live.nudge("bots", "overview")


def _folder(key: str) -> Folder:
    found = Folder.objects.filter(key=key) if key else Folder.objects.order_by("pk")
    folder = found.first()
    if folder is None:
        raise NotFoundError(
            _("There is no folder “%s”.") % key if key else _("There is no folder.")
        )
    return folder


def _refuse_second_process(bot: Bot) -> None:
    answers = Bot.objects.with_presence().filter(pk=bot.pk, answers=True).exists()
    if not answers:
        return
    here = bot.host == socket.gethostname()
    pids = bot.slots.exclude(pid=None).values_list("pid", flat=True)
    if not here or any(_is_alive(pid) for pid in pids if pid):
        raise BotNameTakenError(
            _("A bot called “%(name)s” is at work on %(host)s. Stop it, or choose another --name.")
            % {"name": bot.name, "host": bot.host or "?"}
        )


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
