"""One of each thing that waits, to be looked at: an item, a run, a trigger, an instance.

None of it may begin by itself while somebody looks: the bot that it waits for is disabled.
"""

from datetime import timedelta

from apps.accounts.models import Folder
from apps.bots.lifecycle import create_run, set_standing
from apps.bots.models import Automation, AutomationVersion, Bot, BotPool
from apps.lib.actors import SYSTEM, Actor
from apps.lib.clock import database_now
from apps.queues.lifecycle import NewItem, add_items, pause_queue
from apps.queues.models import WorkQueue
from apps.triggers.lifecycle import pause_trigger, save_trigger
from apps.workflows import lifecycle
from tests.workflows.models import process, timer

KEY = "seen-waits"
SAM = Actor(None, "Sam Supervisor", "person")


def make_waits_to_see(folder: Folder) -> dict[str, int]:
    """Return the number of each, by kind; called again, new ones that stand as at first."""
    pool, _is_new = BotPool.objects.get_or_create(
        folder=folder, key=KEY, defaults={"title": "Night shift"}
    )
    bot, _is_new = Bot.objects.update_or_create(
        folder=folder, name="Nora", defaults={"pool": pool, "heartbeat_at": database_now()}
    )
    set_standing(bot, Bot.Standing.DISABLED, by=SAM)
    automation = _automation(folder, pool)
    return {
        "item": _item(folder, automation),
        "run": create_run(_version(automation), because="To be seen", by=SYSTEM).pk,
        "trigger": _trigger(folder),
        "instance": _instance(folder),
        "bot": bot.pk,
    }


def _automation(folder: Folder, pool: BotPool) -> Automation:
    automation, is_new = Automation.objects.get_or_create(
        folder=folder,
        key=KEY,
        defaults={"pool": pool, "title": "Post vouchers", "kind": "item", "function": "x"},
    )
    if is_new:
        AutomationVersion.objects.create(
            automation=automation, number=1, function="x", fingerprint="x"
        )
    return automation


def _version(automation: Automation) -> AutomationVersion:
    version = automation.current_version
    assert version is not None
    return version


def _item(folder: Folder, automation: Automation) -> int:
    queue, _is_new = WorkQueue.objects.get_or_create(
        folder=folder, key=KEY, defaults={"title": "Vouchers", "automation": automation}
    )
    new = [NewItem({"voucher": 4711}, reference="V-4711")]
    (item_id,) = add_items(queue, new, origin="api", by=SYSTEM, all_or_nothing=True).ids
    if not queue.is_paused:
        pause_queue(queue, reason="Month end is being closed.", by=SAM)
    return item_id


def _trigger(folder: Folder) -> int:
    item = {"payload": {"day": "{date}"}}
    said = {
        "title": "Vouchers of the day",
        "rule": {"type": "interval", "seconds": 7200, "zone": "Europe/Berlin"},
        "target": {"type": "items", "queue": KEY, "items": [item]},
    }
    trigger = save_trigger(folder, KEY, said, by=SAM).trigger
    until = database_now() + timedelta(hours=5)
    return pause_trigger(trigger, by=SAM, until=until, reason="The ERP is being upgraded.").pk


def _instance(folder: Folder) -> int:
    model = (
        process("seen_waits", name="Close the month")
        .start()
        .parallel("both")
        .user("check", name="Check the totals")
        .end("checked")
        .at("both")
        .catch("later", timer(duration="PT36H"), name="Wait for the bank")
        .end("waited")
    )
    workflow = lifecycle.deploy(folder, model.xml(), by=SYSTEM, source="api").workflow
    return lifecycle.start_instance(workflow, {}, by=SAM).pk
