"""The bots of the demo: one reads invoices, one checks them against the books, one posts them.

None of them knows what comes before or after it: that is drawn.
"""

from dataclasses import replace
from time import sleep

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.bots.exceptions import ApplicationException, BusinessException
from apps.bots.registry import ItemContext, RunContext, automation
from apps.lib.json import JsonObject

from .books import facts_about, folder_of_demo, folder_of_queue, posting_of
from .checks import check_invoice, is_not_posted_before
from .claims import automations as claims
from .erp import Erp, ErpLoginError, ErpUnavailableError
from .invoices import Invoice
from .payload import from_payload, to_payload
from .portal import automations as portal
from .reading.stored import COST_CENTRES, reader_of
from .statements import statement_of, vendors_with_postings
from .ubl import read_invoice

# registered by being imported
__all__ = ["check", "claims", "match_credit_note", "portal", "post_invoice", "read_file"]

# A note on an invoice that makes the bot take its time, so that people can watch it
SLOWLY = "#slowly"
SLOW_STEPS, STEP_SECONDS = 60, 0.5
LEDGER_LOGIN = "ledger-login"  # the key of an asset, see set_up.py


@automation("invoices.read", title=gettext_lazy("Read invoices"))
def read_file(item: ItemContext) -> JsonObject:
    """Return what the attached UBL document says, as the data of the invoice."""
    if not item.files:
        raise BusinessException(_("There is no file to read."), code="no_file", field="file")
    with item.files[0].open() as file:
        invoice = read_invoice(file.read())
    if any(SLOWLY in note for note in invoice.notes):
        _read_slowly(item)
    return to_payload(_with_cost_centres(item, invoice))


@automation("invoices.check", title=gettext_lazy("Check invoices"))
def check(item: ItemContext) -> JsonObject:
    """Return the invoice as it is right, or say in one plain sentence what is wrong with it."""
    invoice = from_payload(item.payload)
    findings = check_invoice(
        invoice, facts_about(invoice, folder_id=folder_of_queue(item.queue_key))
    )
    for finding in findings:
        item.log(finding.message, "warning")
    if findings:
        first = findings[0]
        raise BusinessException(first.message, code=first.code, field=first.field)
    return to_payload(invoice)


@automation("invoices.match", title=gettext_lazy("Match credit notes"))
def match_credit_note(item: ItemContext) -> JsonObject:
    """Return the document of the invoice that the credit note corrects."""
    invoice = from_payload(item.payload)
    posted = posting_of(invoice.corrects, invoice, folder_id=folder_of_queue(item.queue_key))
    if posted is None:
        message = _("The credit note corrects invoice %(number)s, which was never posted.")
        number = invoice.corrects or _("(none named)")
        raise BusinessException(
            message % {"number": number}, code="unknown_corrected", field="corrects"
        )
    return {"settles": posted.reference}


@automation("invoices.post", title=gettext_lazy("Post invoices"))
def post_invoice(item: ItemContext) -> dict[str, str]:
    """Post the invoice once."""
    invoice = from_payload(item.payload)
    folder_id = folder_of_queue(item.queue_key)
    key = f"item-{item.id}"
    # somebody may have posted the same number since it was checked
    twice = is_not_posted_before(invoice, facts_about(invoice, folder_id=folder_id, key=key))
    if twice:
        raise BusinessException(twice.message, code=twice.code, field=twice.field)
    erp = _signed_in(item, folder_id)
    try:
        with item.effect("post to the ERP", not_done_on=(ErpUnavailableError,)) as act:
            if act:
                act.reference = erp.post(invoice, key=key)
    except ErpUnavailableError as error:
        raise ApplicationException(str(error), code="erp_unavailable") from None
    item.log(_("Posted as %(reference)s.") % {"reference": act.reference})
    return {"document": act.reference}


@automation("statements.vendors", title=gettext_lazy("Find vendors with postings"))
def find_vendors(item: ItemContext) -> JsonObject:
    """Return the vendors of a month's postings, one statement to be written for each."""
    folder_id = folder_of_queue(item.queue_key)
    return {"vendors": vendors_with_postings(folder_id, month=_month(item))}


@automation("statements.write", title=gettext_lazy("Write vendor statements"))
def write_statement(item: ItemContext) -> JsonObject:
    """Return how much was posted for one vendor, and how often."""
    vendor = str(item.payload.get("vendor", ""))
    return statement_of(vendor, folder_of_queue(item.queue_key), month=_month(item))


@automation("statements.print", title=gettext_lazy("Print vendor statements"), kind="run")
def print_statements(run: RunContext) -> JsonObject:
    """Print a sheet for each vendor with postings; return how many there are."""
    month = str(run.input.get("month") or "")
    vendors = vendors_with_postings(folder_of_demo(), month=month)
    for number, vendor in enumerate(vendors, start=1):
        if run.should_stop:
            break
        run.log(_("Sheet %(number)d: %(vendor)s") % {"number": number, "vendor": vendor})
        run.progress(number)
    return {"sheets": run.n_done}


def _signed_in(item: ItemContext, folder_id: int) -> Erp:
    """Return the ERP for the login that is kept for bots; nobody wrote it into this code."""
    erp = Erp(folder_id)
    try:
        erp.sign_in(item.credential(LEDGER_LOGIN))
    except ErpLoginError as error:
        raise ApplicationException(str(error), code="erp_login") from None
    return erp


def _month(item: ItemContext) -> str:
    return str(item.payload.get("month") or "")


def _with_cost_centres(item: ItemContext, invoice: Invoice) -> Invoice:
    """Have the classifier say on which cost centre each line is to be booked."""
    reader = reader_of(folder_of_queue(item.queue_key), COST_CENTRES)
    reads = reader.classifier.read([line.description for line in invoice.lines])
    lines = []
    for place, (line, read) in enumerate(zip(invoice.lines, reads, strict=True)):
        item.predict(
            f"lines.{place}.cost_centre",
            read.label,
            confidence=read.confidence,
            source=_("Line %(number)s: %(text)s")
            % {"number": line.number, "text": line.description[:100]},
            model=reader.model,
            model_version=reader.version,
        )
        lines.append(replace(line, cost_centre=read.label))
    return replace(invoice, lines=tuple(lines))


def _read_slowly(item: ItemContext) -> None:
    item.log(_("This one says that it wants to be read slowly."))
    for step in range(SLOW_STEPS):
        if item.should_stop:
            return
        item.progress(round(step / SLOW_STEPS, 2))
        sleep(STEP_SECONDS)
