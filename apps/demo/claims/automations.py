"""The bots that work claims: one reads them, one tells the ERP. Neither knows what is between."""

from decimal import Decimal, InvalidOperation

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.bots.exceptions import ApplicationException, BusinessException
from apps.bots.registry import ItemContext, automation
from apps.demo.books import folder_of_queue
from apps.demo.erp import Erp, ErpUnavailableError
from apps.demo.reading.stored import CLAIMS, reader_of
from apps.lib.json import JsonObject

from .reading import read_claim

MAIL = "message/rfc822"


@automation("claims.read", title=gettext_lazy("Read claims"))
def read(item: ItemContext) -> JsonObject:
    """Return what the attached e-mail and its PDF say; how sure that is goes to the gate."""
    mail = next((file for file in item.files if file.content_type == MAIL), None)
    if mail is None:
        raise BusinessException(_("There is no e-mail to read."), code="no_mail")
    reader = reader_of(folder_of_queue(item.queue_key), CLAIMS)
    with mail.open() as file:
        found = read_claim(file.read(), reader.classifier)
    kind = str(found[0].value)
    return {
        each.field: item.predict(
            each.field,
            each.value,
            confidence=each.confidence,
            source=each.source,
            file=each.file,
            page=each.page if each.box else None,
            box=each.box,
            model=reader.model,
            model_version=reader.version,
            document_class=kind,
        )
        for each in found
    }


@automation("claims.settle", title=gettext_lazy("Settle claims"))
def settle(item: ItemContext) -> JsonObject:
    """Credit the amount, or note the new account, once."""
    claim, customer = str(item.payload.get("number", "")), str(item.payload.get("customer", ""))
    is_account = item.payload.get("kind") == "bank"
    erp = Erp(folder_of_queue(item.queue_key))
    try:
        with item.effect("settle in the ERP", not_done_on=(ErpUnavailableError,)) as act:
            if act:
                act.reference = erp.settle(
                    claim,
                    customer=customer,
                    key=f"item-{item.id}",
                    amount=None if is_account else _amount(item),
                    iban=str(item.payload.get("iban", "")) if is_account else "",
                )
    except ErpUnavailableError as error:
        raise ApplicationException(str(error), code="erp_unavailable") from None
    item.log(_("Settled as %(reference)s.") % {"reference": act.reference})
    return {"document": act.reference}


def _amount(item: ItemContext) -> Decimal:
    try:
        return Decimal(str(item.payload.get("amount", "")))
    except InvalidOperation:
        message = _("The amount of the claim is no number.")
        raise BusinessException(message, code="no_amount", field="amount") from None
