"""Whole numbers in what browsers send: ids of rows, versions, places in a list."""

ROW_IDS = 2**63  # what a big integer column holds stays below
VERSIONS = 2**31  # and what a plain integer column holds


def whole_number(text: str, *, below: int = ROW_IDS) -> int | None:
    """Return the number that ASCII digits alone make; None for anything else.

    A sign, a space, other scripts' digits, and a number from `below` on are something else, so
    that whatever comes back fits its column. Where nothing is better than None, write `or 0`:
    no row and no version is 0.
    """
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(below))):
        return None
    number = int(text)
    return number if number < below else None
