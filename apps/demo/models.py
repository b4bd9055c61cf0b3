"""The books of the demo: vendors, purchase orders, the ledger of its small ERP, its switches."""

from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower, Now
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Folder
from apps.accounts.permissions import FolderQuerySet

from .checks import names_order
from .invoices import Invoice, Kind, Party, vat_key

# Fifteen digits before the point, as the reader of invoices allows, and four after it.
AMOUNT: dict[str, Any] = {"max_digits": 19, "decimal_places": 4}


class VendorQuerySet(FolderQuerySet):
    def matching(self, party: Party) -> "Vendor | None":
        """Return the vendor with the VAT id of `party`, or else with its name; None: unknown."""
        key = vat_key(party.vat_id)
        found = self.filter(vat_key=key).first() if key else None
        return found or self.filter(name__iexact=party.name).first()


class Vendor(models.Model):
    """A company that may send us invoices."""

    folder = models.ForeignKey(Folder, models.CASCADE, related_name="vendors")
    name = models.CharField(_("name"), max_length=300)
    vat_id = models.CharField(_("VAT id"), max_length=100, blank=True)
    # the VAT id without blanks and dots, to be found however it is written
    vat_key = models.CharField(max_length=100, blank=True, editable=False)
    iban = models.CharField(_("IBAN"), max_length=64, blank=True)
    city = models.CharField(_("city"), max_length=100, blank=True)
    country = models.CharField(_("country"), max_length=2, blank=True)

    objects = VendorQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint("folder", Lower("name"), name="vendor_name_once"),
            models.UniqueConstraint(
                name="vendor_vat_id_once",
                fields=["folder", "vat_key"],
                condition=~models.Q(vat_key=""),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class PurchaseOrderQuerySet(FolderQuerySet):
    def named_in(self, invoice: Invoice) -> "PurchaseOrder | None":
        """Return the order that `invoice` refers to, with its vendor; None: none, or unknown."""
        if not names_order(invoice):
            return None
        return self.select_related("vendor").filter(number=invoice.order_reference).first()


class PurchaseOrder(models.Model):
    """What we ordered, and how much may be invoiced for it, without VAT."""

    folder = models.ForeignKey(Folder, models.CASCADE, related_name="purchase_orders")
    vendor = models.ForeignKey(Vendor, models.CASCADE, related_name="purchase_orders")
    number = models.CharField(_("order number"), max_length=200)
    currency = models.CharField(_("currency"), max_length=3)
    net_amount = models.DecimalField(_("amount without VAT"), **AMOUNT)
    tolerance_percent = models.DecimalField(
        _("tolerance in percent"), max_digits=5, decimal_places=2, default=Decimal(0)
    )
    is_open = models.BooleanField(_("open"), default=True)
    created_at = models.DateTimeField(db_default=Now())

    objects = PurchaseOrderQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(name="purchase_order_once", fields=["folder", "number"]),
        ]

    def __str__(self) -> str:
        return self.number


class LedgerEntryQuerySet(FolderQuerySet):
    def posted_twice(self) -> list[tuple[str, int]]:
        """Return (key, count) of each posting that was made more than once: there must be none."""
        counted = self.values("idempotency_key").annotate(count=models.Count("id"))
        return list(counted.filter(count__gt=1).values_list("idempotency_key", "count"))

    def net_sum(self) -> Decimal:
        """Return what was posted without VAT; credit notes count against it."""
        signed = models.Case(
            models.When(kind=Kind.CREDIT_NOTE, then=-models.F("net_amount")),
            default=models.F("net_amount"),
        )
        found = self.aggregate(total=models.Sum(signed))["total"]
        return Decimal(found or 0)


class LedgerEntry(models.Model):
    """One posting in the ERP's ledger, written by erp.py alone.

    Nothing here is unique on purpose: the ERP stands for systems that post whatever they are told,
    as often as they are told, so that a double posting is seen instead of prevented.
    """

    folder = models.ForeignKey(Folder, models.CASCADE, related_name="ledger_entries")
    vendor = models.ForeignKey(Vendor, models.PROTECT, related_name="ledger_entries")
    order = models.ForeignKey(
        PurchaseOrder, models.PROTECT, null=True, blank=True, related_name="ledger_entries"
    )
    kind = models.CharField(max_length=20, choices=[(kind.value, kind.value) for kind in Kind])
    invoice_number = models.CharField(_("invoice number"), max_length=200)
    issue_date = models.DateField(_("invoice date"))
    currency = models.CharField(_("currency"), max_length=3)
    net_amount = models.DecimalField(_("amount without VAT"), **AMOUNT)
    vat_amount = models.DecimalField(_("VAT"), **AMOUNT)
    total_amount = models.DecimalField(_("amount with VAT"), **AMOUNT)
    idempotency_key = models.CharField(max_length=200)
    is_sample = models.BooleanField(_("sample"), default=False)
    posted_at = models.DateTimeField(_("posted"), db_default=Now())

    objects = LedgerEntryQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "ledger entries"
        indexes = [
            # the look for an earlier posting of the same invoice
            models.Index(name="ledger_invoice", fields=["vendor", "invoice_number"]),
            # the count of postings by key
            models.Index(name="ledger_key", fields=["folder", "idempotency_key"]),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def reference(self) -> str:
        """The ERP's document number, such as DOC-000123."""
        return f"DOC-{self.pk:06d}"


class Settlement(models.Model):
    """What the ERP was told about a claim: a credit, or a customer's new account.

    Like the ledger it takes whatever it is told, so that a second one is seen.
    """

    class What(models.TextChoices):
        CREDIT = "credit", _("Credit")
        ACCOUNT = "account", _("New account")

    folder = models.ForeignKey(Folder, models.CASCADE, related_name="settlements")
    what = models.CharField(max_length=10, choices=What)
    claim_number = models.CharField(_("claim"), max_length=40)
    customer = models.CharField(_("customer"), max_length=300)
    amount = models.DecimalField(_("amount"), default=Decimal(0), **AMOUNT)
    iban = models.CharField(_("IBAN"), max_length=64, blank=True)
    idempotency_key = models.CharField(max_length=200)
    made_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.reference

    @property
    def reference(self) -> str:
        """The ERP's document number, such as CR-000123."""
        return f"CR-{self.pk:06d}"


class TrainedModel(models.Model):
    """A classifier as it was trained, see reading.classifier, and how good it was then."""

    folder = models.ForeignKey(Folder, models.CASCADE, related_name="trained_models")
    key = models.SlugField(max_length=40)
    version = models.PositiveIntegerField(default=1)
    arrays = models.BinaryField()
    n_trained = models.PositiveIntegerField()
    accuracy = models.FloatField()
    calibration_error = models.FloatField()
    trained_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(name="trained_model_once", fields=["folder", "key", "version"])
        ]

    def __str__(self) -> str:
        return f"{self.key} {self.version}"


class DemoSetting(models.Model):
    """The switches of the demo, one row a folder."""

    folder = models.OneToOneField(Folder, models.CASCADE, related_name="demo_setting")
    trickle_on = models.BooleanField(_("new invoices and claims keep coming"), default=True)
    erp_down_until = models.DateTimeField(_("ERP is down until"), null=True, blank=True)
    portal_down_until = models.DateTimeField(_("portal is down until"), null=True, blank=True)
    erp_flakiness = models.PositiveSmallIntegerField(_("ERP fails, in percent"), default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="demo_flakiness_is_percent",
                condition=models.Q(erp_flakiness__gte=0, erp_flakiness__lte=100),
            ),
        ]

    def __str__(self) -> str:
        return f"demo of {self.folder}"


class TryItStep(models.Model):
    """How far somebody is with a step of the Try it page: begun, and seen happen."""

    folder = models.ForeignKey(Folder, models.CASCADE, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    step = models.SlugField(max_length=40)
    started_at = models.DateTimeField(db_default=Now())
    # what the step watches: the first and last instance that it started
    first_instance_id = models.BigIntegerField(null=True)
    last_instance_id = models.BigIntegerField(null=True)
    seen_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="try_it_step_once", fields=["folder", "user", "step"]),
        ]

    def __str__(self) -> str:
        return f"{self.step} of {self.user}"
