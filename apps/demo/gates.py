"""How sure the demo's classifiers must be for their values to go on without a person."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from apps.accounts.models import Folder
from apps.lib.json import JsonObject
from apps.queues.models import Gate

from .claims.words import KINDS
from .schema import INVOICE_SCHEMA

COST_CENTRES, CLAIMS = "cost-centres", "claims"
SHARE_FOR_A_SECOND_LOOK = 0.02

CLAIM_SCHEMA: JsonObject = {
    "title": gettext_noop("Claim"),
    "type": "object",
    "required": ["kind", "number", "customer", "order_number", "amount"],
    "properties": {
        "kind": {
            "type": "string",
            "title": gettext_noop("What it is about"),
            "oneOf": [{"const": key, "title": title} for key, title in KINDS.items()],
            "x-order": 1,
        },
        "order_number": {
            "type": "string",
            "title": gettext_noop("Order number"),
            "pattern": "^SO-[0-9]{6}$",
            "x-order": 2,
        },
        "amount": {
            "type": "string",
            "title": gettext_noop("Amount claimed"),
            "format": "decimal",
            "pattern": "^[0-9]{1,9}(\\.[0-9]{1,2})?$",
            "x-order": 3,
        },
        "customer": {"type": "string", "title": gettext_noop("Customer"), "x-order": 4},
        "contact": {"type": "string", "title": gettext_noop("Contact"), "x-order": 5},
        "iban": {"type": "string", "title": gettext_noop("New account"), "x-order": 6},
        "number": {"type": "string", "title": gettext_noop("Claim number"), "x-order": 7},
    },
}


def set_up_gates(folder: Folder) -> None:
    """Make what is missing; thresholds that people have adopted stay."""
    _gate(
        folder,
        COST_CENTRES,
        title=_("Cost centres of invoice lines"),
        thresholds={"default": None, "fields": {"lines.*.cost_centre": 0.8}, "required": []},
        form=INVOICE_SCHEMA,
    )
    _gate(
        folder,
        CLAIMS,
        title=_("Claims as they were read"),
        thresholds={"default": 0.8, "required": ["amount"]},
        form=CLAIM_SCHEMA,
    )


def _gate(
    folder: Folder, key: str, *, title: str, thresholds: JsonObject, form: JsonObject
) -> None:
    defaults = {
        "title": title,
        "thresholds": thresholds,
        "form": form,
        "sample_share": SHARE_FOR_A_SECOND_LOOK,
    }
    Gate.objects.get_or_create(folder=folder, key=key, defaults=defaults)
