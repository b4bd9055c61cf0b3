"""Everything the demo needs in a folder: books, queues, drawn workflows, people, what starts it."""

from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal

from django.db import transaction
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Folder, Membership, Team, TeamMember, User
from apps.accounts.roles import Role
from apps.assets.lifecycle import save_asset
from apps.assets.models import Asset
from apps.bots.models import Automation
from apps.bots.releases import sync_automations
from apps.lib.actors import SYSTEM
from apps.queues.models import WorkQueue
from apps.reports.lifecycle import set_worth
from apps.reports.models import Worth

from .automations import LEDGER_LOGIN
from .books import record_vendors
from .bounds import set_up_bounds
from .claims.schema import CLAIM_TO_READ, CLAIM_TO_SETTLE
from .drawn import deploy_drawn
from .erp import LOGIN
from .gates import set_up_gates
from .intake import QUEUE_KEY
from .making import make_vendors
from .models import DemoSetting
from .portal.automations import CHECKS
from .portal.schema import VENDOR_TO_CHECK
from .reading.stored import train_missing
from .schema import INVOICE_SCHEMA
from .starts import set_up_triggers
from .trickle import SEED

# each bot's step of the drawn workflows: its queue, what people call that, who works it
STEPS = [
    ("invoice-reading", _("Invoices to read"), "invoices.read"),
    (QUEUE_KEY, _("Vendor invoices"), "invoices.check"),
    ("credit-notes", _("Credit notes to match"), "invoices.match"),
    ("invoice-posting", _("Invoices to post"), "invoices.post"),
    ("month-end", _("Month-ends"), "statements.vendors"),
    ("statements", _("Vendor statements"), "statements.write"),
    ("claims-reading", _("Claims to read"), "claims.read"),
    ("claims-settling", _("Claims to settle"), "claims.settle"),
]
# what the report on savings makes of a vendor invoice: minutes, and costs of an hour
MINUTES_BY_HAND, RATE_PER_HOUR, BOT_COST_PER_HOUR = Decimal(6), Decimal(42), Decimal("1.50")
# its items are taken by single runs, which a trigger starts
WORKED_BY_RUNS = "vendors.check"
# what the items of a queue are made of, where that is known
SCHEMAS = {
    QUEUE_KEY: INVOICE_SCHEMA,
    "claims-reading": CLAIM_TO_READ,
    "claims-settling": CLAIM_TO_SETTLE,
}
# people whom one click signs in, on loopback only
PEOPLE = [
    ("bea", "Bea Business", Role.BUSINESS_USER),
    ("sam", "Sam Supervisor", Role.SUPERVISOR),
    ("ada", "Ada Admin", Role.ADMIN),
    ("ari", "Ari Auditor", Role.AUDITOR),
    ("cleo", "Cleo Claims", Role.BUSINESS_USER),
    ("tom", "Tom Treasurer", Role.SUPERVISOR),
]
# who shares work, and who hears of what they leave lying
TEAMS = [
    ("claims", _("Claims"), ("bea", "cleo"), "sam"),
    ("treasury", _("Treasury"), ("sam", "tom", "ada"), "ada"),
]


def set_up_demo(folder: Folder) -> WorkQueue:
    """Make what is missing; what is there stays as people left it."""
    train_missing(folder)  # takes seconds: no transaction may wait for it
    return _set_up(folder)


@transaction.atomic
def _set_up(folder: Folder) -> WorkQueue:
    worked = {function for _key, _title, function in STEPS}
    sync_automations(folder, names={*worked, WORKED_BY_RUNS})
    for key, title, function in STEPS:
        _queue(folder, key, title, function)
    _queue_of_checks(folder)
    queue = WorkQueue.objects.get(folder=folder, key=QUEUE_KEY)
    set_up_gates(folder)
    _ledger_login(folder)
    for username, name, role in PEOPLE:
        _person(folder, username, name, role)
    for key, title, members, manager in TEAMS:
        _team(folder, key, str(title), members, manager)
    set_up_bounds(folder)
    deploy_drawn(folder)
    set_up_triggers(folder)
    record_vendors(make_vendors(seed=SEED), folder_id=folder.pk)
    _worth(queue)
    DemoSetting.objects.get_or_create(folder=folder, defaults={"erp_flakiness": 4})
    return queue


def _worth(queue: WorkQueue) -> None:
    """Have the report on savings count invoices, the month of sample history included."""
    if not Worth.objects.filter(queue=queue).exists():
        set_worth(
            queue,
            since=timezone.localdate() - timedelta(days=60),
            minutes_by_hand=MINUTES_BY_HAND,
            rate_per_hour=RATE_PER_HOUR,
            bot_cost_per_hour=BOT_COST_PER_HOUR,
            by=SYSTEM,
        )


def _queue(folder: Folder, key: str, title: str | Promise, function: str) -> None:
    automation = Automation.objects.get(folder=folder, function=function)
    WorkQueue.objects.get_or_create(
        folder=folder,
        key=key,
        defaults={
            "title": str(title),
            "automation": automation,
            "payload_schema": SCHEMAS.get(key, {}),
            "lease_seconds": 20,
            "max_runs": 2,
            "sla_seconds": 4 * 3600 if key == QUEUE_KEY else None,
        },
    )


def _queue_of_checks(folder: Folder) -> None:
    WorkQueue.objects.get_or_create(
        folder=folder,
        key=CHECKS,
        defaults={
            "title": str(_("Vendors to check")),
            "description": str(_("A bot asks the suppliers' portal about them.")),
            "payload_schema": VENDOR_TO_CHECK,
            "lease_seconds": 20,
            "max_attempts": 6,
            "retry_delay_seconds": 15,
            "retry_backoff": WorkQueue.Backoff.FIXED,
        },
    )


def _ledger_login(folder: Folder) -> None:
    """Keep the login that the posting bot asks for; what people entered instead stays."""
    if Asset.objects.filter(folder=folder, key=LEDGER_LOGIN).exists():
        return
    facts = {
        "title": str(_("Ledger")),
        "description": str(_("The bot that posts invoices signs in to the ERP with it.")),
        "rotate_after_days": 90,
    }
    asset = Asset(folder=folder, key=LEDGER_LOGIN, kind=Asset.Kind.CREDENTIAL)
    save_asset(asset, facts, value=LOGIN, by=SYSTEM)


def _person(folder: Folder, username: str, name: str, role: Role) -> None:
    person, made = User.objects.get_or_create(
        username=username, defaults={"display_name": name, "email": f"{username}@example.com"}
    )
    if made:
        person.set_unusable_password()
        person.save(update_fields=["password"])
        Membership.objects.create(user=person, folder=folder, role=role)


def _team(folder: Folder, key: str, title: str, members: Iterable[str], manager: str) -> None:
    defaults = {"title": title, "manager": User.objects.get(username=manager)}
    team, made = Team.objects.get_or_create(folder=folder, key=key, defaults=defaults)
    if made:
        people = User.objects.filter(username__in=list(members))
        TeamMember.objects.bulk_create(TeamMember(team=team, user=person) for person in people)
