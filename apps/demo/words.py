"""How the demo writes amounts, rates and dates in sentences and on pages."""

from datetime import date
from decimal import ROUND_HALF_UP, Context, Decimal

from django.utils.formats import date_format, number_format

MIN_DECIMALS = 2
# Wide enough for the product of any two numbers that a document may hold.
EXACT = Context(prec=80, rounding=ROUND_HALF_UP)


def show_amount(amount: Decimal, currency: str = "") -> str:
    """Return "1,190.00 EUR" in the reader's number format, with more decimals if there are any."""
    text = number_format(_padded(amount), use_l10n=True, force_grouping=True)
    return f"{text} {currency}".rstrip()


def show_number(number: Decimal) -> str:
    """Return a quantity or rate without idle zeros: "2", "5.5", "16,000"."""
    whole = number == number.to_integral_value()
    shown = number.quantize(Decimal(1), context=EXACT) if whole else number.normalize(EXACT)
    return number_format(shown, use_l10n=True, force_grouping=True)


def show_percent(percent: Decimal | None) -> str:
    return f"{show_number(percent or Decimal(0))} %"


def show_date(day: date) -> str:
    return date_format(day, "j F Y")


def round_to(amount: Decimal, unit: Decimal) -> Decimal:
    """Return `amount` in whole `unit`s (0.01), halves away from zero as in EN 16931."""
    return amount.quantize(unit, context=EXACT)


def _padded(amount: Decimal) -> Decimal:
    """Return `amount` with two decimals, or as many more as it needs."""
    exponent = amount.normalize(EXACT).as_tuple().exponent
    decimals = max(MIN_DECIMALS, -exponent if isinstance(exponent, int) else 0)
    return amount.quantize(Decimal(1).scaleb(-decimals), context=EXACT)
