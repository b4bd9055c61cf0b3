"""Invented but well-formed VAT ids and bank accounts: right check digits, no bank that exists."""

from collections.abc import Callable
from random import Random

# No country gives these to a bank; whoever reads "DEMO" or a row of nines knows.
INVENTED_BANKS = {
    "AT": "99999",
    "BE": "999",
    "DE": "99999999",
    "DK": "9999",
    "FR": "9999999999",
    "NL": "DEMO",
    "PL": "99999999",
}
ACCOUNT_DIGITS = {"AT": 11, "BE": 7, "DE": 10, "DK": 10, "FR": 11, "NL": 10, "PL": 16}


def make_vat_id(country: str, random: Random) -> str:
    """Return a VAT id of `country` (a key of INVENTED_BANKS) whose check digits are right."""
    return VAT_IDS[country](random)


def make_iban(country: str, random: Random) -> str:
    """Return an IBAN of an invented bank in `country`, with valid checksums."""
    account = INVENTED_BANKS[country] + _digits(random, ACCOUNT_DIGITS[country])
    if country == "BE":
        account += f"{int(account) % 97 or 97:02d}"
    elif country == "FR":
        account += f"{97 - int(account) * 100 % 97:02d}"
    check = 98 - int(_as_digits(account + country + "00")) % 97
    return f"{country}{check:02d}{account}"


def _digits(random: Random, count: int) -> str:
    return str(random.randrange(1, 10)) + "".join(
        str(random.randrange(10)) for _ in range(count - 1)
    )


def _as_digits(text: str) -> str:
    return "".join(str(int(character, 36)) for character in text)


def _weighted(digits: str, weights: tuple[int, ...]) -> int:
    return sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=True))


def _austrian(random: Random) -> str:
    digits = _digits(random, 7)
    doubled = [int(digit) * (2 if place % 2 else 1) for place, digit in enumerate(digits)]
    total = sum(value // 10 + value % 10 for value in doubled)
    return f"ATU{digits}{(96 - total) % 10}"


def _belgian(random: Random) -> str:
    digits = "0" + _digits(random, 7)
    return f"BE{digits}{97 - int(digits) % 97:02d}"


def _german(random: Random) -> str:
    digits = _digits(random, 8)
    product = 10
    for digit in digits:
        product = ((int(digit) + product) % 10 or 10) * 2 % 11
    return f"DE{digits}{(11 - product) % 10}"


def _danish(random: Random) -> str:
    while True:
        digits = _digits(random, 7)
        check = -_weighted(digits, (2, 7, 6, 5, 4, 3, 2)) % 11
        if check < 10:
            return f"DK{digits}{check}"


def _french(random: Random) -> str:
    digits = _digits(random, 8)
    doubled = [int(digit) * (2 if place % 2 else 1) for place, digit in enumerate(digits)]
    luhn = -sum(value // 10 + value % 10 for value in doubled) % 10
    siren = f"{digits}{luhn}"
    return f"FR{(12 + 3 * (int(siren) % 97)) % 97:02d}{siren}"


def _dutch(random: Random) -> str:
    while True:
        digits = _digits(random, 8)
        check = _weighted(digits, (9, 8, 7, 6, 5, 4, 3, 2)) % 11
        if check < 10:
            return f"NL{digits}{check}B01"


def _polish(random: Random) -> str:
    while True:
        digits = _digits(random, 9)
        check = _weighted(digits, (6, 5, 7, 2, 3, 4, 5, 6, 7)) % 11
        if check < 10:
            return f"PL{digits}{check}"


VAT_IDS: dict[str, Callable[[Random], str]] = {
    "AT": _austrian,
    "BE": _belgian,
    "DE": _german,
    "DK": _danish,
    "FR": _french,
    "NL": _dutch,
    "PL": _polish,
}
