"""XPath's regular expressions, run so that no pattern can hang (`matches`, `replace`, `split`).

Python's `re` may take exponential time, and can't be stopped. Ours walks all ways through the
pattern at once, in effect: it never comes to the same place of the pattern, at the same place of
the text, twice. So it takes time in proportion to length of pattern × length of text, at most; and
that is bounded, too, and counted against the run.
"""

from functools import lru_cache

from .errors import PatternError
from .programs import program_of
from .reading import Reader
from .running import Pattern

__all__ = ["Pattern", "PatternError", "compile_pattern"]

LONGEST_PATTERN = 5_000  # characters


@lru_cache(maxsize=256)
def compile_pattern(text: str, flags: str = "") -> Pattern:
    """Return the pattern, ready to run; raises PatternError with a sentence for people."""
    if len(text) > LONGEST_PATTERN:
        raise PatternError(f"a pattern may have {LONGEST_PATTERN:,} characters at most")
    reader = Reader(text, flags)
    return Pattern(program_of(reader.read()), reader.groups, flags)
