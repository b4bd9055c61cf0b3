"""What binds the demo's work: the applications it is done in, their limits, a freeze, a pool."""

from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Folder
from apps.bots.lifecycle import save_automation, save_pool
from apps.bots.models import Automation, BotPool
from apps.bots.releases import sync_automations
from apps.calendars.lifecycle import save_calendar
from apps.calendars.models import Calendar
from apps.lib.actors import SYSTEM
from apps.lib.clock import database_now
from apps.limits.lifecycle import save_application, save_freeze, save_limit
from apps.limits.models import Application, Freeze, Limit
from apps.queues.models import WorkQueue

from .automations import LEDGER_LOGIN

LEDGER, PORTAL = "ledger", "supplier-portal"
OFFICE, PRINT = "office", "statements.print"
WORKING_DAYS: Final = "working-days"
NIGHT: Final = (time(3, 30), time(4, 30))  # no zone changes its clocks then
WEEK: Final = {day: [["08:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}


@dataclass(frozen=True, kw_only=True)
class Program:
    """An application, the queues whose items are worked in it, and the limit that it has."""

    key: str
    title: Promise
    description: Promise
    queues: tuple[str, ...]
    limit: str
    limit_values: dict[str, Any]
    breaker: dict[str, Any] = field(default_factory=dict)


PROGRAMS: Final = [
    Program(
        key=LEDGER,
        title=_("Ledger (ERP)"),
        description=_("Invoices are posted and claims settled in it."),
        queues=("invoice-posting", "claims-settling"),
        limit="ledger-sessions",
        # one seat for two slots: now and then one bot waits for the other
        limit_values={"title": _("Sessions of the ledger's login"), "size": 1}
        | {"kind": Limit.Kind.SEATS, "asset": LEDGER_LOGIN},
    ),
    Program(
        key=PORTAL,
        title=_("Supplier portal"),
        description=_("A website of others: vendors keep their addresses and accounts there."),
        queues=("vendor-checks",),
        limit="portal-calls",
        # a round of eight: four at once, the others two seconds apart
        limit_values={"title": _("Calls of the portal"), "size": 30, "per_seconds": 60}
        | {"kind": Limit.Kind.RATE, "burst": 4},
        # asked a few times an hour only, so three failures are much
        breaker={"min_calls": 3, "window_seconds": 60, "open_seconds": 20, "probes": 2},
    ),
]


def set_up_bounds(folder: Folder) -> None:
    """Make what the folder lacks; what people have changed stays. The queues must be there."""
    for program in PROGRAMS:
        _program(folder, program)
    _calendar(folder)
    _office(folder)


def _program(folder: Folder, program: Program) -> None:
    """A new application gets its limit, and its queues are bound to it; a known one keeps all."""
    if Application.objects.filter(folder=folder, key=program.key).exists():
        return
    application = Application(folder=folder, key=program.key)
    said = {"title": str(program.title), "description": str(program.description)}
    save_application(application, {**said, **program.breaker}, by=SYSTEM)
    if not Limit.objects.filter(folder=folder, key=program.limit).exists():
        values = {**program.limit_values, "application": application}
        limit = Limit(folder=folder, key=program.limit)
        save_limit(limit, {**values, "title": str(values["title"])}, by=SYSTEM)
    for queue in WorkQueue.objects.filter(folder=folder, key__in=program.queues):
        queue.applications.add(application)
    if program.key == PORTAL:
        _freeze(application)


def _freeze(application: Application) -> None:
    """The portal's own maintenance, each night by the organisation's clock."""
    zone = settings.ORGANISATION_TIME_ZONE
    today = database_now().astimezone(ZoneInfo(zone)).date()
    starts_at, ends_at = (datetime.combine(today, at, ZoneInfo(zone)) for at in NIGHT)
    values = {
        "title": str(_("Nightly maintenance of the portal")),
        "reason": str(_("Its maker updates it each night.")),
        "starts_at": starts_at,
        "ends_at": ends_at,
        "repeats": Freeze.Repeats.DAILY,
        "zone": zone,
        "applications": [application],
    }
    save_freeze(Freeze(folder=application.folder), values, by=SYSTEM)


def _calendar(folder: Folder) -> None:
    if Calendar.objects.filter(folder=folder, key=WORKING_DAYS).exists():
        return
    values = {
        "title": str(_("Working days")),
        "time_zone": settings.ORGANISATION_TIME_ZONE,
        "week": WEEK,
        "country": "DE",
    }
    save_calendar(Calendar(folder=folder, key=WORKING_DAYS), values, by=SYSTEM)


def _office(folder: Folder) -> None:
    """A small pool without a bot yet: what waits for it says how to start one."""
    pool = BotPool.objects.filter(folder=folder, key=OFFICE).first()
    if pool is None:
        pool = BotPool(folder=folder, key=OFFICE)
        save_pool(pool, {"title": str(_("Office PCs")), "max_slots": 2}, by=SYSTEM)
    if not Automation.objects.filter(folder=folder, function=PRINT).exists():
        (printing,) = sync_automations(folder, pool=pool, names={PRINT})
        save_automation(printing, {"required_capabilities": ["printer"]}, by=SYSTEM)
