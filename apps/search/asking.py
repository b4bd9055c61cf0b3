"""What somebody typed into the search: read once, refused at the door when it can't be a name."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _

from apps.lib.errors import FieldProblem, InvalidError
from apps.lib.numbers import whole_number

# references, the longest names there are, have as many
MAX_TEXT: Final = 200
MAX_WORDS: Final = 8
LAST_CHARACTER: Final = chr(0x10FFFF)
# Cc: control characters, Cs: halves of a character
UNSPEAKABLE: Final = frozenset({"Cc", "Cs"})

# how people write the numbers of things: R-1042, run 1042, #1042
ITEM, INSTANCE, RUN, TASK = "item", "instance", "run", "task"
NUMBERED: Final = (ITEM, INSTANCE, RUN, TASK)
_LETTERS: Final = {"i": ITEM, "w": INSTANCE, "r": RUN, "t": TASK}
_NUMBER: Final = re.compile(r"(?:(?P<word>[^\W\d_]+)[\s#:-]{0,3}|#)?(?P<number>[0-9]{1,19})")


@dataclass(frozen=True, slots=True)
class Asked:
    """`number` and `kind`: where it reads like the number of something; kind "": of anything."""

    text: str
    number: int | None = None
    kind: str = ""

    @property
    def words(self) -> list[str]:
        return self.text.split()[:MAX_WORDS]

    @property
    def spellings(self) -> list[str]:
        """As typed, and as references usually are written: inv-7 finds INV-7."""
        return list(dict.fromkeys([self.text, self.text.upper(), self.text.lower()]))

    @property
    def ranges(self) -> list[tuple[str, str]]:
        """Return from where to where texts lie that begin with it, in the order of their bytes."""
        return [(each, after(each)) for each in self.spellings]


def read(said: str) -> Asked:
    """Return what was asked for; "" asks for nothing.

    Raises InvalidError at `q` for what no name can be: too long, or with control characters.
    """
    text = said.strip()
    problem = next(_problems(text), None)
    if problem:
        message = f"{_('Search')}: {problem}."
        raise InvalidError(message, fields=[FieldProblem("q", problem)])
    number, kind = _numbered(text)
    return Asked(text, number, kind)


def is_speakable(text: str) -> bool:
    return not any(unicodedata.category(each) in UNSPEAKABLE for each in text)


def _problems(text: str) -> Iterator[str]:
    if len(text) > MAX_TEXT:
        yield _("is longer than %(n)d characters, and so is nothing here") % {"n": MAX_TEXT}
    elif not is_speakable(text):
        yield _("has control characters, which no name has")


def _numbered(text: str) -> tuple[int | None, str]:
    found = _NUMBER.fullmatch(text)
    if found is None:
        return None, ""
    kind = _kind_of(found["word"])
    return (None, "") if kind is None else (whole_number(found["number"]), kind)


def _kind_of(word: str | None) -> str | None:
    """Return what a word before a number names: "" for no word, None for no kind of thing."""
    if not word:
        return ""
    said = word.lower()
    own = {_("item"): ITEM, _("instance"): INSTANCE, _("run"): RUN, _("task"): TASK}
    return _LETTERS.get(said) or own.get(said) or (said if said in NUMBERED else None)


def after(text: str) -> str:
    """Return the first text, by bytes, that does not begin with `text` and comes after it."""
    kept = text.rstrip(LAST_CHARACTER)
    if not kept:
        return LAST_CHARACTER * (MAX_TEXT + 1)
    last = ord(kept[-1]) + 1
    if 0xD800 <= last <= 0xDFFF:
        last = 0xE000  # in between lie halves of characters, which are none
    return kept[:-1] + chr(last)
