"""The small ERP of the demo: it stands for an outside system, commits by itself, and may fail."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from random import random

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.bots.kept import Credential
from apps.lib.errors import InvalidError
from apps.lib.secrecy import Secret

from .checks import Posted
from .invoices import Invoice
from .models import DemoSetting, LedgerEntry, PurchaseOrder, Settlement, Vendor
from .words import EXACT

SMALLEST_AMOUNT = Decimal("0.0001")
# what the ERP takes; the demo keeps it as an asset, and the posting bot asks for that
LOGIN = Credential("posting-bot", Secret("demo-ledger-4711"))


class ErpUnavailableError(Exception):
    """The ERP does not answer. Nothing was posted; trying again later may help."""


class ErpLoginError(Exception):
    """The ERP does not know this user name with this password."""


@dataclass(frozen=True)
class Erp:
    """The ERP of a folder. `chance` gives numbers in [0, 1) that decide whether a call fails."""

    folder_id: int
    chance: Callable[[], float] = random

    def ping(self) -> None:
        """Return when the ERP answers; raises ErpUnavailableError when it does not."""
        settings = DemoSetting.objects.filter(folder_id=self.folder_id)
        if settings.filter(erp_down_until__gt=Now()).exists():
            raise ErpUnavailableError(_("The ERP is down for maintenance."))
        flakiness = settings.values_list("erp_flakiness", flat=True).first() or 0
        if self.chance() * 100 < flakiness:
            raise ErpUnavailableError(_("The ERP did not answer in time."))

    def sign_in(self, login: Credential) -> None:
        """Return when the ERP lets this login in; raises ErpLoginError when it does not."""
        if login != LOGIN:
            raise ErpLoginError(_("The ERP does not know this user name and password."))

    def find(self, number: str, *, vendor_id: int, except_key: str = "") -> Posted | None:
        """Return the first posting of a vendor's invoice, not counting those under `except_key`."""
        own = Q(idempotency_key=except_key) if except_key else Q(pk=None)
        entries = LedgerEntry.objects.filter(
            folder_id=self.folder_id, vendor_id=vendor_id, invoice_number=number
        )
        entry = entries.exclude(own).order_by("pk").first()
        if entry is None:
            return None
        return Posted(reference=entry.reference, posted_on=timezone.localdate(entry.posted_at))

    def post(self, invoice: Invoice, *, key: str) -> str:
        """Post `invoice` and return the document reference, such as DOC-000123.

        Every call posts, with the same `key`, too: whoever must not post twice has to see to it.
        Committed on return, whatever the caller does next; so it must not be called inside a
        transaction (RuntimeError). Raises ErpUnavailableError with nothing posted, and
        InvalidError when the vendor is unknown.
        """
        self.ping()
        with transaction.atomic(durable=True):
            return self._insert(invoice, key=key).reference

    def settle(
        self, claim: str, *, customer: str, key: str, amount: Decimal | None = None, iban: str = ""
    ) -> str:
        """Credit a claim's `amount`, or note the customer's new `iban`; return the reference.

        Every call settles, with the same `key`, too; see `post`. Raises ErpUnavailableError.
        """
        self.ping()
        with transaction.atomic(durable=True):
            return Settlement.objects.create(
                folder_id=self.folder_id,
                what=Settlement.What.CREDIT if amount is not None else Settlement.What.ACCOUNT,
                claim_number=claim[:40],
                customer=customer[:300],
                amount=amount or Decimal(0),
                iban=iban[:64],
                idempotency_key=key,
            ).reference

    def _insert(self, invoice: Invoice, *, key: str) -> LedgerEntry:
        vendor = Vendor.objects.filter(folder_id=self.folder_id).matching(invoice.vendor)
        if vendor is None:
            message = _("The ERP knows no vendor “%(name)s”.") % {"name": invoice.vendor.name}
            raise InvalidError(message)
        order = PurchaseOrder.objects.filter(folder_id=self.folder_id).named_in(invoice)
        vat = invoice.vat_total or Decimal(0)
        total = invoice.payable if invoice.gross_total is None else invoice.gross_total
        net = total - vat if invoice.net_total is None else invoice.net_total
        return LedgerEntry.objects.create(
            folder_id=self.folder_id,
            vendor=vendor,
            order=order,
            kind=invoice.kind.value,
            invoice_number=invoice.number,
            issue_date=invoice.issue_date,
            currency=invoice.currency,
            net_amount=_stored(net),
            vat_amount=_stored(vat),
            total_amount=_stored(total),
            idempotency_key=key,
        )


def take_down(folder_id: int, *, seconds: int) -> None:
    """Let the ERP of a folder not answer for `seconds` from now, on the database's clock."""
    until = Now() + timedelta(seconds=seconds)
    DemoSetting.objects.update_or_create(folder_id=folder_id, defaults={"erp_down_until": until})


def bring_up(folder_id: int) -> None:
    """End what `take_down` began, and the flakiness with it."""
    DemoSetting.objects.filter(folder_id=folder_id).update(erp_down_until=None, erp_flakiness=0)


def set_flakiness(folder_id: int, *, percent: int) -> None:
    """Let that share of calls fail, 0 to 100."""
    DemoSetting.objects.update_or_create(folder_id=folder_id, defaults={"erp_flakiness": percent})


def _stored(amount: Decimal) -> Decimal:
    return amount.quantize(SMALLEST_AMOUNT, context=EXACT)
