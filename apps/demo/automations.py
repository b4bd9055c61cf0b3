"""The bot of the demo: reads an invoice, checks it against the books, posts it to the ERP once."""

from time import sleep

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.bots.exceptions import ApplicationException, BusinessException
from apps.bots.registry import ItemContext, automation

from .books import facts_about, folder_of_queue
from .checks import check_invoice
from .erp import Erp, ErpUnavailableError
from .payload import from_payload

# A note on an invoice that makes the bot take its time, so that people can watch it
SLOWLY = "#slowly"
SLOW_STEPS, STEP_SECONDS = 60, 0.5


@automation("invoices.post", title=gettext_lazy("Check and post invoices"))
def post_invoice(item: ItemContext) -> dict[str, str]:
    """Post the invoice, or say in one plain sentence why it can't be posted."""
    invoice = from_payload(item.payload)
    folder_id = folder_of_queue(item.queue_key)
    key = f"item-{item.id}"
    findings = check_invoice(invoice, facts_about(invoice, folder_id=folder_id, key=key))
    for finding in findings:
        item.log(finding.message, "warning")
    if findings:
        first = findings[0]
        raise BusinessException(first.message, code=first.code, field=first.field)
    if any(SLOWLY in note for note in invoice.notes):
        _read_slowly(item)
    try:
        with item.effect("post to the ERP", not_done_on=(ErpUnavailableError,)) as act:
            if act:
                act.reference = Erp(folder_id).post(invoice, key=key)
    except ErpUnavailableError as error:
        raise ApplicationException(str(error), code="erp_unavailable") from None
    item.log(_("Posted as %(reference)s.") % {"reference": act.reference})
    return {"document": act.reference}


def _read_slowly(item: ItemContext) -> None:
    item.log(_("This one says that it wants to be read slowly."))
    for step in range(SLOW_STEPS):
        if item.should_stop:
            return
        item.progress(round(step / SLOW_STEPS, 2))
        sleep(STEP_SECONDS)
