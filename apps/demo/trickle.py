"""New invoices now and then, so that the pages are alive; a switch stops them."""

from random import Random, SystemRandom

from django.db import transaction
from django.utils import timezone

from apps.accounts.models import Folder
from apps.inbox.models import UserTask
from apps.queues.counts import counts_of
from apps.queues.models import Measure, WorkQueue

from .books import record_orders
from .claims.intake import make_one_claim, take_in_claim
from .intake import QUEUE_KEY, take_in_made
from .making import Fault, MadeInvoice, make_invoice, make_vendors
from .models import DemoSetting

SEED = 7
SHARE_FAULTY = 0.12
SHARE_OF_CLAIMS = 0.3  # a claim beside every third invoice
MAX_WAITING = 40  # nothing wrong is added while people leave more than this undecided
# faults that a person can put right in the form, so that the inbox is worth opening
USUAL_FAULTS = [
    Fault.WRONG_TOTAL, Fault.WRONG_TOTAL, Fault.WRONG_VAT, Fault.OVER_ORDER,
    Fault.MISSING_ORDER_REFERENCE, Fault.UNKNOWN_VENDOR, Fault.FUTURE_DATE,
]  # fmt: skip


def trickle_invoices() -> int:
    """Add one invoice in each demo folder whose switch is on; return how many were added.

    Safe to run twice at once: the row of the switch is locked, and skipped when it is.
    """
    added = 0
    with transaction.atomic():
        switches = DemoSetting.objects.select_for_update(skip_locked=True, of=("self",))
        for switch in switches.filter(trickle_on=True).select_related("folder"):
            added += _add_one(switch.folder)
    return added


def _add_one(folder: Folder) -> int:
    queue = WorkQueue.objects.filter(folder=folder, key=QUEUE_KEY).first()
    if queue is None:
        return 0
    random = SystemRandom()
    may_be_wrong = counts_of([queue.pk])[queue.pk][Measure.NEEDS_DECISION] <= MAX_WAITING
    is_wrong = may_be_wrong and random.random() < SHARE_FAULTY
    fault = random.choice(USUAL_FAULTS) if is_wrong else None
    take_in_made(folder, make_one(folder, fault=fault, random=random))
    if random.random() < SHARE_OF_CLAIMS and not _has_enough_to_decide(folder):
        take_in_claim(folder, make_one_claim())
    return 1


def _has_enough_to_decide(folder: Folder) -> bool:
    """Most claims end with a person: no more come in while many wait."""
    open_ones = UserTask.objects.open().filter(folder=folder)
    return open_ones[: MAX_WAITING + 1].count() > MAX_WAITING


def make_one(
    folder: Folder, *, fault: Fault | None = None, random: Random | None = None
) -> MadeInvoice:
    """Make an invoice with a number not seen before, and put its order into the books."""
    seed = (random or SystemRandom()).randrange(10**9)
    made = make_invoice(make_vendors(seed=SEED), seed=seed, today=timezone.localdate(), fault=fault)
    if made.order is not None:
        record_orders([made.order], folder_id=folder.pk)
    return made
