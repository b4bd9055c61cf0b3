"""Many valid invoices quickly, for trying what happens under load."""

from dataclasses import replace
from random import SystemRandom

from django.utils import timezone

from apps.accounts.models import Folder
from apps.queues.lifecycle import NewItem

from .books import record_orders
from .intake import new_item
from .making import make_invoice, make_vendors
from .trickle import SEED


def flood_items(folder: Folder, count: int) -> list[NewItem]:
    """Return `count` items whose invoices are valid and differ; their orders are in the books."""
    vendors = make_vendors(seed=SEED)
    first = SystemRandom().randrange(10**9)
    today = timezone.localdate()
    made = [make_invoice(vendors, seed=first + n, today=today) for n in range(count)]
    record_orders([each.order for each in made if each.order], folder_id=folder.pk)
    return [replace(new_item(each.invoice), due_at=None) for each in made]
