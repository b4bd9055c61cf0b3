"""What the queues of claims know of each, and what people call it."""

from django.utils.translation import gettext_noop

from apps.lib.json import JsonObject


def _text(title: str, place: int) -> JsonObject:
    """A text that the claim, or whoever started the workflow by hand, may leave out."""
    return {"type": ["string", "null"], "title": title, "x-order": place}


CLAIM_TO_READ: JsonObject = {
    "title": gettext_noop("Claim"),
    "x-title": gettext_noop("Claim {number} of {sender}"),
    "type": "object",
    "properties": {
        "number": _text(gettext_noop("Claim number"), 1),
        "sender": _text(gettext_noop("Sender"), 2),
    },
}

CLAIM_TO_SETTLE: JsonObject = {
    "title": gettext_noop("Claim"),
    "x-title": gettext_noop("Claim {number} of {customer}"),
    "type": "object",
    "properties": {
        "number": _text(gettext_noop("Claim number"), 1),
        "customer": _text(gettext_noop("Customer"), 2),
        "kind": _text(gettext_noop("What it is about"), 3),
        "amount": _text(gettext_noop("Amount claimed"), 4),
        "iban": _text(gettext_noop("New account"), 5),
    },
}
