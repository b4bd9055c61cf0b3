"""Many valid invoices quickly, for trying what happens under load."""

from random import SystemRandom

from django.utils import timezone

from apps.accounts.models import Folder

from .books import record_orders
from .invoices import Invoice
from .making import make_invoice, make_vendors
from .trickle import SEED


def flood_of_invoices(folder: Folder, count: int) -> list[Invoice]:
    """Return `count` invoices that are valid and differ; their orders are in the books."""
    vendors = make_vendors(seed=SEED)
    first = SystemRandom().randrange(10**9)
    today = timezone.localdate()
    made = [make_invoice(vendors, seed=first + n, today=today) for n in range(count)]
    record_orders([each.order for each in made if each.order], folder_id=folder.pk)
    return [each.invoice for each in made]
