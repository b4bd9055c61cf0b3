"""Figures as people read them."""

from decimal import Decimal

from django.utils import formats


def money(amount: Decimal) -> str:
    """Return an amount with two digits, more where it is small."""
    digits = 2 if amount == 0 or amount >= 1 else 4
    return formats.number_format(amount, decimal_pos=digits)


def percent(share: float) -> str:
    return f"{formats.number_format(100 * share, decimal_pos=0 if share >= 0.1 else 1)} %"


def seconds(value: float | None) -> str:
    return "–" if value is None else f"{formats.number_format(value, decimal_pos=1)} s"
