"""Which characters a place in a pattern accepts: XML Schema's escapes, classes and categories."""

import unicodedata
from collections.abc import Callable, Iterable
from typing import TypeAlias

from .errors import PatternError

Test: TypeAlias = Callable[[str], bool]

_REMEMBERED = 4096  # answers kept for one set

_NAME_EXTRAS = frozenset("-.\u00b7")
# The Unicode blocks that patterns of business data ask for; the standard knows about 300.
_BLOCKS = {
    "BasicLatin": (0x0000, 0x007F),
    "Latin-1Supplement": (0x0080, 0x00FF),
    "LatinExtended-A": (0x0100, 0x017F),
    "LatinExtended-B": (0x0180, 0x024F),
    "IPAExtensions": (0x0250, 0x02AF),
    "CombiningDiacriticalMarks": (0x0300, 0x036F),
    "Greek": (0x0370, 0x03FF),
    "GreekandCoptic": (0x0370, 0x03FF),
    "Cyrillic": (0x0400, 0x04FF),
    "Armenian": (0x0530, 0x058F),
    "Hebrew": (0x0590, 0x05FF),
    "Arabic": (0x0600, 0x06FF),
    "Devanagari": (0x0900, 0x097F),
    "Thai": (0x0E00, 0x0E7F),
    "Georgian": (0x10A0, 0x10FF),
    "HangulJamo": (0x1100, 0x11FF),
    "LatinExtendedAdditional": (0x1E00, 0x1EFF),
    "GreekExtended": (0x1F00, 0x1FFF),
    "GeneralPunctuation": (0x2000, 0x206F),
    "CurrencySymbols": (0x20A0, 0x20CF),
    "LetterlikeSymbols": (0x2100, 0x214F),
    "NumberForms": (0x2150, 0x218F),
    "Arrows": (0x2190, 0x21FF),
    "MathematicalOperators": (0x2200, 0x22FF),
    "BoxDrawing": (0x2500, 0x257F),
    "CJKSymbolsandPunctuation": (0x3000, 0x303F),
    "Hiragana": (0x3040, 0x309F),
    "Katakana": (0x30A0, 0x30FF),
    "CJKUnifiedIdeographs": (0x4E00, 0x9FFF),
    "HangulSyllables": (0xAC00, 0xD7A3),
    "PrivateUse": (0xE000, 0xF8FF),
}
_GENERAL = {
    "L": "ultmo",
    "M": "nce",
    "N": "dlo",
    "P": "cdseifo",
    "Z": "slp",
    "S": "mcko",
    "C": "cfon",
}
_CATEGORIES = frozenset(
    general + detail for general, details in _GENERAL.items() for detail in ["", *details]
)


class Characters(dict[str, bool]):
    """The answers of a test, remembered: `characters[c]` tells whether `c` is accepted."""

    def __init__(self, test: Test) -> None:
        super().__init__()
        self._test = test

    def __missing__(self, character: str) -> bool:
        if len(self) >= _REMEMBERED:
            self.clear()
        answer = self[character] = self._test(character)
        return answer


def exactly(character: str) -> Test:
    return lambda each: each == character


def between(first: str, last: str) -> Test:
    return lambda each: first <= each <= last


def any_of(tests: Iterable[Test]) -> Test:
    fixed = tuple(tests)
    return lambda each: any(test(each) for test in fixed)


def other_than(test: Test) -> Test:
    return lambda each: not test(each)


def except_for(test: Test, taken: Test) -> Test:
    return lambda each: test(each) and not taken(each)


def in_any_case(test: Test) -> Test:
    """Accept a character when the test accepts it in upper or lower case."""
    return lambda each: any(test(variant) for variant in _variants(each))


def property_named(name: str) -> Test:
    """Return the test for `\\p{name}`: a category such as `Lu`, or a block such as `IsGreek`."""
    if name in _CATEGORIES:
        return lambda each: unicodedata.category(each).startswith(name)
    block = _BLOCKS.get(name[2:]) if name.startswith("Is") else None
    if block is None:
        raise PatternError(f"the pattern names “{name[:40]}”, which is no class of characters")
    first, last = block
    return lambda each: first <= ord(each) <= last


def _variants(character: str) -> set[str]:
    lower, upper = character.lower(), character.upper()
    return {character, lower, upper, lower.upper(), upper.lower()}


def _is_word(character: str) -> bool:
    return unicodedata.category(character)[0] not in "PZC"


def _is_initial(character: str) -> bool:
    return character in "_:" or unicodedata.category(character)[0] == "L"


def _is_name(character: str) -> bool:
    if _is_initial(character) or character in _NAME_EXTRAS:
        return True
    return unicodedata.category(character) in ("Nd", "Mn", "Mc", "Lm")


def _is_digit(character: str) -> bool:
    return unicodedata.category(character) == "Nd"


NOT_A_LINE_END = other_than(frozenset("\n\r").__contains__)

ESCAPES: dict[str, Test] = {
    "s": frozenset(" \t\n\r").__contains__,
    "d": _is_digit,
    "w": _is_word,
    "i": _is_initial,
    "c": _is_name,
}
ESCAPES.update({name.upper(): other_than(test) for name, test in tuple(ESCAPES.items())})
