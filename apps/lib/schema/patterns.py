"""Regular expressions from strangers, made harmless.

Python's matcher tries every way to divide a text among the repeats of a pattern, which may take
for ever. So each pattern gets an upper bound of its work, from the repeats in it: a repeat inside
an endless repeat is refused, and a text is only matched when the bound for its length is small.
"""

import re
from dataclasses import dataclass, field
from functools import lru_cache

from django.utils.translation import gettext as _

MAX_PATTERN_LENGTH = 500
MAX_WORK = 20_000_000  # steps; some tenths of a second at worst
MAX_CHOICES = 64  # factors in the bound of one pattern
ENDLESS = 1_000_000_000

_TOKEN = re.compile(
    r"""(?P<escape>\\.) | (?P<set>\[\^?\]?(?:\\.|[^\]\\])*\]) | (?P<open>\(\?(?:[:=!]|<[=!])|\()
    | (?P<close>\)) | (?P<or>\|)
    | (?P<repeat>(?:[*+?]|\{(?!\})(?P<low>\d*)(?P<comma>,?)(?P<high>\d*)\})[?+]?)
    | (?P<end>\$) | (?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)


class UnsafePatternError(ValueError):
    """The pattern can't be used; the text says why, for the person who wrote it."""


@dataclass(frozen=True)
class Pattern:
    """A compiled pattern that matches texts of up to `max_length` characters."""

    regex: re.Pattern[str]
    max_length: int

    def is_too_long(self, text: str) -> bool:
        return len(text) > self.max_length

    def matches(self, text: str) -> bool:
        return not self.is_too_long(text) and self.regex.search(text) is not None


@lru_cache(maxsize=1024)
def compile_pattern(source: str) -> Pattern:
    """Return `source` ready to match. Raises UnsafePatternError, saying what to change."""
    if len(source) > MAX_PATTERN_LENGTH:
        raise UnsafePatternError(
            _("is longer than %(n)d characters; split it up") % {"n": MAX_PATTERN_LENGTH}
        )
    try:
        # in JSON Schema $ is the very end, and \d and \w are ASCII
        regex = re.compile(_TOKEN.sub(_end_for_python, source), re.ASCII)
    except (re.error, OverflowError, RecursionError) as error:
        raise UnsafePatternError(
            _("is not a regular expression that can be used: %(error)s") % {"error": error}
        ) from None
    return Pattern(regex, _longest(_choices(source), is_anchored=_is_anchored(source)))


def _end_for_python(token: re.Match[str]) -> str:
    return r"\Z" if token["end"] else token[0]


@dataclass
class _Group:
    """What was read of a group: one factor for each thing that may match in several ways."""

    factors: list[int] = field(default_factory=list)
    branches: int = 1
    last: list[int] = field(default_factory=list)  # factors of the latest element

    def add(self, factors: list[int]) -> None:
        self.factors.extend(self.last)
        self.last = factors
        if len(self.factors) + len(factors) > MAX_CHOICES:
            raise UnsafePatternError(_("has too many repeats; make it simpler"))

    def all_factors(self) -> list[int]:
        branching = [self.branches] if self.branches > 1 else []
        return [*self.factors, *self.last, *branching]


def _choices(source: str) -> list[int]:
    """Return the factors whose product bounds how many ways the pattern can match."""
    stack = [_Group()]
    for token in _TOKEN.finditer(source):
        group = stack[-1]
        if token["open"]:
            stack.append(_Group())
        elif token["close"]:
            closed = stack.pop()
            stack[-1].add(closed.all_factors())
        elif token["or"]:
            group.branches += 1
            group.add([])
        elif token["repeat"]:
            group.last = _repeated(group.last, *_bounds(token))
        else:
            group.add([])
    return stack[0].all_factors()


def _bounds(token: re.Match[str]) -> tuple[int, int]:
    sign = token["repeat"][0]
    if sign != "{":
        return {"*": (0, ENDLESS), "+": (1, ENDLESS), "?": (0, 1)}[sign]
    low = int(token["low"] or 0)
    if not token["comma"]:
        return low, low
    return low, int(token["high"] or ENDLESS)


def _repeated(factors: list[int], low: int, high: int) -> list[int]:
    """Return the factors of something with `factors` of its own, `low` to `high` times."""
    span = [high - low + 1] if high != low else []
    if not factors:
        return span
    if high > MAX_CHOICES:
        raise UnsafePatternError(
            _(
                "repeats something that can itself match in several ways, which could take for "
                "ever; give the outer repeat an upper limit, as in {0,5}"
            )
        )
    if len(factors) * high > MAX_CHOICES:
        raise UnsafePatternError(_("has too many repeats; make it simpler"))
    return factors * high + span


def _is_anchored(source: str) -> bool:
    depth = 0
    for token in _TOKEN.finditer(source):
        depth += bool(token["open"]) - bool(token["close"])
        if token["or"] and depth == 0:
            return False
    return source.startswith("^")


def _longest(factors: list[int], *, is_anchored: bool) -> int:
    """Return the greatest length of text for which the work stays within MAX_WORK."""
    low, high = 0, MAX_WORK
    while low < high:
        middle = (low + high + 1) // 2
        if _work(factors, middle, is_anchored=is_anchored) <= MAX_WORK:
            low = middle
        else:
            high = middle - 1
    return low


def _work(factors: list[int], length: int, *, is_anchored: bool) -> int:
    work = 1 if is_anchored else length + 1
    for factor in factors:
        work *= min(factor, length + 1)
        if work > MAX_WORK:
            break
    return work
