"""From the code on this machine to rows: automations of a folder and their versions."""

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from apps.accounts.models import Folder

from .models import Automation, AutomationVersion, BotPool, Canary
from .registry import Registered, registered_automations

DEFAULT_POOL = "default"


def default_pool(folder: Folder) -> BotPool:
    """Return the pool that new automations and bots of the folder go to; make it if missing."""
    pool, _made = BotPool.objects.get_or_create(
        folder=folder, key=DEFAULT_POOL, defaults={"title": _("Bots")}
    )
    return pool


def sync_automations(
    folder: Folder, *, pool: BotPool | None = None, names: set[str] | None = None
) -> list[Automation]:
    """Give the folder a row, and a version, of each registered automation but the examples.

    With `names`, of these. People's settings on rows that exist stay; a new text of the code is a
    new version. Examples that the folder has are kept up to date, too.
    """
    if names is None:
        kept = set(Automation.objects.filter(folder=folder).values_list("function", flat=True))
        names = {
            each.name
            for each in registered_automations()
            if not each.is_example or each.name in kept
        }
    wanted = [each for each in registered_automations() if each.name in names]
    return [_sync(folder, pool or default_pool(folder), each) for each in wanted]


def _sync(folder: Folder, pool: BotPool, registered: Registered) -> Automation:
    with transaction.atomic():
        automation, made = Automation.objects.select_for_update().get_or_create(
            folder=folder,
            key=_key_of(registered.name),
            defaults={
                "title": str(registered.title),
                "kind": registered.kind,
                "function": registered.name,
                "pool": pool,
                "max_run_seconds": registered.max_run_seconds,
                "max_item_seconds": registered.max_item_seconds,
                "grace_seconds": registered.grace_seconds,
            },
        )
        registered = _taken_over(automation) or registered
        if not made and (automation.kind, automation.function) != (
            registered.kind,
            registered.name,
        ):
            automation.kind, automation.function = registered.kind, registered.name
            automation.save(update_fields=["kind", "function"])
        _release(automation, registered)
    row: Automation = automation
    return row


def _taken_over(automation: Automation) -> Registered | None:
    """Return what a canary put in the place of the function that the automation was made of."""
    version = automation.released_version
    known = {each.name: each for each in registered_automations()}
    return known.get(version.function) if version else None


def _release(automation: Automation, registered: Registered) -> AutomationVersion:
    current = automation.current_version
    known = (registered.name, registered.fingerprint)
    if current and (current.function, current.fingerprint) == known:
        return current
    last = automation.versions.aggregate(last=Max("number"))["last"] or 0
    made = AutomationVersion.objects.create(
        automation=automation,
        number=last + 1,
        function=registered.name,
        fingerprint=registered.fingerprint,
    )
    if automation.released_version is not None:
        # the newest version may be one that is tried, or was rolled back
        automation.released_version = made
        automation.save(update_fields=["released_version"])
        # what a canary was compared with gets no more tries: without this it is never judged
        Canary.objects.filter(automation=automation, outcome=Canary.Outcome.TRIED).update(
            released=made, n_judged=0, n_released=0, n_released_failed=0
        )
    return made


def _key_of(name: str) -> str:
    """Keys are slugs; names of functions may have dots."""
    return name.replace(".", "-")
