"""What people write when they complain, by what it is about."""

KINDS = {
    "damaged": "Damaged goods",
    "missing": "Missing items",
    "late": "Late delivery",
    "price": "Wrong price",
    "bank": "New bank details",
}

SENTENCES: dict[str, tuple[str, ...]] = {
    "damaged": (
        "Two of the boxes arrived crushed and what was in them is broken.",
        "The goods were damaged when we opened the pallet.",
        "Several items have scratches and dents, we can't use them.",
        "The surface of the desks is cracked.",
        "Everything in the lower layer was wet and is spoilt.",
        "One chair came with a broken arm.",
    ),
    "missing": (
        "The delivery note says ten, but we counted eight.",
        "Two cartons are missing from the delivery.",
        "Position 3 was not in the parcel at all.",
        "We received less than we ordered and paid for.",
        "The accessories were left out.",
        "Half of the order never came.",
    ),
    "late": (
        "The goods came nine days after the date that you confirmed.",
        "Because of the delay we had to buy elsewhere.",
        "Your driver was announced for Monday and came on Friday.",
        "The delivery was far too late for our event.",
        "We waited two weeks longer than agreed.",
        "The promised date was missed again.",
    ),
    "price": (
        "The invoice shows a higher price than your offer.",
        "We were charged twice for the same position.",
        "The agreed discount of five percent was not taken off.",
        "You billed freight although delivery was free.",
        "The unit price does not match the contract.",
        "VAT was charged on an exempt delivery.",
    ),
    "bank": (
        "Please note that our bank account has changed.",
        "From now on please pay to the account below.",
        "We have moved to another bank; the old account is closed.",
        "Kindly update our bank details in your records.",
        "Our new IBAN is given below, please use it for all payments.",
        "The credit note should be paid to our new account.",
    ),
}  # fmt: skip

# what fits more than one; the second is meant nearly as often as the first
UNCLEAR: dict[tuple[str, str], tuple[str, ...]] = {
    ("damaged", "missing"): (
        "The delivery was not complete and not in order.",
        "There is a problem with what you sent us.",
    ),
    ("late", "missing"): (
        "We are still waiting for a part of the order.",
        "Something of the order has not arrived yet.",
    ),
    ("price", "missing"): (
        "We do not agree with the amount, since not everything came.",
        "The invoice does not fit what was delivered.",
    ),
}

GREETINGS = (
    "Dear team,",
    "Hello,",
    "Dear Sir or Madam,",
    "Good morning,",
    "To whom it may concern,",
)
ENDINGS = (
    "Please let us have a credit note.", "We look forward to your answer.", "Kind regards",
    "Please come back to us soon.", "Thank you for your help.",
)  # fmt: skip

CUSTOMERS = (
    ("Hafenkontor Elbe GmbH", "Lina Brandt"), ("Café Morgenrot", "Tomás Rivera"),
    ("Bureau Lindeman", "Sanne Visser"), ("Atelier Duval", "Claire Duval"),
    ("Stadtwerke Kranich", "Jonas Weidner"), ("Nordlys Interiør", "Mette Krogh"),
    ("Praxis am Markt", "Dr. Eva Sommer"), ("Boulangerie Meyer", "René Meyer"),
    ("Schule am Wehr", "Karin Auer"), ("Kollektiv Blau", "Yusuf Demir"),
)  # fmt: skip
