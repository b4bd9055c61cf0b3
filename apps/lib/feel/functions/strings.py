"""String functions. Lengths and positions count code points; positions begin with 1."""

from decimal import Decimal

from apps.lib.feel.patterns import Pattern, PatternError, compile_pattern
from apps.lib.feel.run import Run
from apps.lib.feel.values import Value

from .registering import LIST, NUMBER, STRING, NoValue, Registry, maybe, one, whole

registry = Registry()


@registry.declare(
    "substring",
    one("string", STRING),
    one("start position", NUMBER),
    maybe("length", NUMBER, nullable=True),
)
def substring(run: Run, text: str, start: Decimal, length: Decimal | None) -> str:
    """Return the part from the position on (negative: from the end), `length` long at most."""
    place = whole(start, "the start position")
    if not place:
        raise NoValue("positions begin with 1")
    first = place - 1 if place > 0 else len(text) + place
    count = len(text) if length is None else whole(length, "the length")
    if count < 1 and length is not None:
        raise NoValue("the length must be 1 or more")
    run.produce(min(count, len(text)))
    return text[max(first, 0) : max(first + count, 0)]


@registry.declare("string length", one("string", STRING))
def string_length(run: Run, text: str) -> Decimal:
    return Decimal(len(text))


@registry.declare("upper case", one("string", STRING))
def upper_case(run: Run, text: str) -> str:
    run.produce(len(text))
    return text.upper()


@registry.declare("lower case", one("string", STRING))
def lower_case(run: Run, text: str) -> str:
    run.produce(len(text))
    return text.lower()


@registry.declare("trim", one("string", STRING))
def trim(run: Run, text: str) -> str:
    return text.strip()


@registry.declare("is blank", one("string", STRING))
def is_blank(run: Run, text: str) -> bool:
    return not text.strip()


@registry.declare("substring before", one("string", STRING), one("match", STRING))
def substring_before(run: Run, text: str, match: str) -> str:
    before, found, _ = text.partition(match) if match else ("", "", "")
    return before if found else ""


@registry.declare("substring after", one("string", STRING), one("match", STRING))
def substring_after(run: Run, text: str, match: str) -> str:
    return text.partition(match)[2] if match else text


@registry.declare("contains", one("string", STRING), one("match", STRING))
def contains(run: Run, text: str, match: str) -> bool:
    return match in text


@registry.declare("starts with", one("string", STRING), one("match", STRING))
def starts_with(run: Run, text: str, match: str) -> bool:
    return text.startswith(match)


@registry.declare("ends with", one("string", STRING), one("match", STRING))
def ends_with(run: Run, text: str, match: str) -> bool:
    return text.endswith(match)


@registry.declare("string join", one("list", LIST), maybe("delimiter", STRING, nullable=True))
def string_join(run: Run, parts: list[Value], delimiter: str | None) -> str:
    """Join the strings of the list; nulls among them are left out."""
    texts = [part for part in parts if part is not None]
    if not all(isinstance(text, str) for text in texts):
        raise NoValue("every element must be a string or null")
    between = delimiter or ""
    run.produce(sum(map(len, texts)) + len(between) * len(texts))
    return between.join(texts)


@registry.declare(
    "matches",
    one("input", STRING),
    one("pattern", STRING),
    maybe("flags", STRING, nullable=True),
)
def matches(run: Run, text: str, pattern: str, flags: str | None) -> bool:
    return _pattern(pattern, flags).search(text, run) is not None


@registry.declare(
    "replace",
    one("input", STRING),
    one("pattern", STRING),
    one("replacement", STRING),
    maybe("flags", STRING, nullable=True),
)
def replace(run: Run, text: str, pattern: str, replacement: str, flags: str | None) -> str:
    try:
        return _pattern(pattern, flags).replace(text, replacement, run)
    except PatternError as problem:
        raise NoValue(str(problem)) from None


@registry.declare("split", one("string", STRING), one("delimiter", STRING))
def split(run: Run, text: str, delimiter: str) -> list[Value]:
    try:
        return list(_pattern(delimiter, None).split(text, run))
    except PatternError as problem:
        raise NoValue(str(problem)) from None


@registry.declare("extract", one("string", STRING), one("pattern", STRING))
def extract(run: Run, text: str, pattern: str) -> list[Value]:
    """Return everything in the text that matches the pattern."""
    found = [text[match[0] : match[1]] for match in _pattern(pattern, None).matches(text, run)]
    run.produce(sum(map(len, found)) + len(found))
    return list(found)


def _pattern(text: str, flags: str | None) -> Pattern:
    try:
        return compile_pattern(text, flags or "")
    except PatternError as problem:
        raise NoValue(str(problem)) from None
