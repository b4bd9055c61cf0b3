"""Everything the demo needs in a folder: books, a queue, people, and a month of sample history."""

from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts.models import Folder, Membership, User
from apps.accounts.roles import Role
from apps.bots.models import Automation
from apps.bots.releases import sync_automations
from apps.queues.models import WorkQueue

from .books import record_vendors
from .intake import QUEUE_KEY
from .making import make_vendors
from .models import DemoSetting
from .schema import INVOICE_SCHEMA
from .trickle import SEED

# people whom one click signs in, on loopback only
PEOPLE = [
    ("bea", "Bea Business", Role.BUSINESS_USER),
    ("sam", "Sam Supervisor", Role.SUPERVISOR),
    ("ada", "Ada Admin", Role.ADMIN),
    ("ari", "Ari Auditor", Role.AUDITOR),
]


@transaction.atomic
def set_up_demo(folder: Folder) -> WorkQueue:
    """Make what is missing; what is there stays as people left it."""
    sync_automations(folder, names={"invoices.post"})
    automation = Automation.objects.get(folder=folder, function="invoices.post")
    queue, _made = WorkQueue.objects.get_or_create(
        folder=folder,
        key=QUEUE_KEY,
        defaults={
            "title": _("Vendor invoices"),
            "description": _("UBL invoices: read, checked against orders, posted to the ERP."),
            "automation": automation,
            "payload_schema": INVOICE_SCHEMA,
            "max_attempts": 6,
            "retry_delay_seconds": 2,
            "retry_backoff": WorkQueue.Backoff.EXPONENTIAL,
            "lease_seconds": 20,
            "max_runs": 2,
            "sla_seconds": 4 * 3600,
        },
    )
    record_vendors(make_vendors(seed=SEED), folder_id=folder.pk)
    DemoSetting.objects.get_or_create(folder=folder, defaults={"erp_flakiness": 4})
    for username, name, role in PEOPLE:
        _person(folder, username, name, role)
    return queue


def _person(folder: Folder, username: str, name: str, role: Role) -> None:
    person, made = User.objects.get_or_create(
        username=username, defaults={"display_name": name, "email": f"{username}@example.com"}
    )
    if made:
        person.set_unusable_password()
        person.save(update_fields=["password"])
        Membership.objects.create(user=person, folder=folder, role=role)
