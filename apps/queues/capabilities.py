"""What bots must be able to do, in words of the house: sap, excel, german."""

from collections.abc import Iterable


def tidy_capabilities(words: Iterable[str]) -> list[str]:
    """Return the words without spaces around them, each once, in their order."""
    return list(dict.fromkeys(word.strip() for word in words if word.strip()))
