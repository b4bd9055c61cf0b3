"""What two messages of the same fault have in common: the pattern of a message.

Whatever differs from item to item becomes one placeholder, `…`: values of the item itself, quoted
values, addresses, paths, files, dates, times, amounts, numbers, ids and names of people and
companies. What names the fault stays: words, error codes, hosts, and what is quoted since it names
a part of a program or a form (a field, a column, a button).

Pure: no database, no clock. One placeholder for everything, since `Invoice 4711` and `Invoice
INV-4711` are the same fault.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Any, Final

from .names import without_names

HOLE: Final = "…"
MAX_READ: Final = 1_000  # of a message; what follows says no more about the fault
MAX_PATTERN: Final = 200
MAX_VALUES, MIN_VALUE, MAX_VALUE = 300, 3, 200

_MONTHS: Final = (
    r"(?:jan(?:uar|uary)?|feb(?:ruar|ruary)?|m[aä]r(?:z|ch)?|apr(?:il)?|ma[iy]|jun[ie]?|jul[iy]?"
    r"|aug(?:ust)?|sept?(?:ember)?|o[ck]t(?:ober)?|nov(?:ember)?|de[cz](?:ember)?)"
)
_ZONE: Final = r"(?:\s?(?:z|utc|gmt|cet|cest|mez|mesz|[+-]\d{2}:?\d{2})\b)?"
_CURRENCY: Final = r"(?:eur|usd|gbp|chf|jpy|sek|nok|dkk|pln|czk|huf|cad|aud|cny|inr|brl)"
_UNIT: Final = (
    r"(?:[nµμm]?s|secs?|seconds?|sekunden?|mins?|minutes?|minuten?|h|hrs?|hours?|stunden?|d|days?"
    r"|tagen?|tage|[kmgt]i?b|bytes?|percent|prozent)"
)
_FILES: Final = (
    r"(?:pdf|xlsx?|xlsm|csv|tsv|docx?|pptx?|xml|json|txt|png|jpe?g|tiff?|bmp|zip|eml|msg|log|html?"
    r"|bak|tmp|edi|dat)"
)

# Codes that say which fault it is, though they are numbers
_KEPT: Final = r"""
    \b0x8[0-9a-f]{7}\b                                    # HRESULT
  | \b(?:ora|tns|pls|sql|err|error|cve|iso|utf|sha|aes|tls|sqlstate|db2)[-_]?\d[\d-]*\b
  | \b(?:http(?:/\d(?:\.\d)?)?|status|(?:status|error|exit|return|result)[ _-]?(?:code|status)
       |errno|winerror|sqlcode|sqlstate|hresult|fehlercode|statuscode)
    [ ]?[:=\#(\[]?[ ]?(?:-?\d{1,5}|[0-9a-z]{5}|0x[0-9a-f]{1,8})\b
"""
_QUOTED: Final = r"""
    "[^"\n]{1,300}" | “[^“”\n]{1,300}[”“] | „[^“”„\n]{1,300}[“”] | «[^«»\n]{1,300}»
  | `[^`\n]{1,300}` | ‘[^‘’\n]{1,300}’(?!\w) | (?<!\w)'(?:[^'\n]|'(?=\w)){1,300}?'(?!\w)
"""
_URL: Final = r"\b(?:https?|s?ftps?|wss?|file|jdbc:\w+|amqps?|redis|postgres(?:ql)?)://[^\s\"'<>]+"
_VARYING: Final = rf"""
    [^\s@"'<>(),;:]+@[\w-]+(?:\.[\w-]+)+                                         # mail address
  | (?:\b[a-z]:|\\\\[\w.$-]+)\\(?:[^\\/:*?"<>|\n]+\\)*[^\\/:*?"<>|\s]*    # C:\…, \\server\…
  | (?<![\w/.…])(?:~|\.{{1,2}})?/(?:[\w.@%+~=…-]+/)*[\w.@%+~=…-]+/?           # /var/…
  | \b[\w.-]+\.{_FILES}\b
  | \{{?\b[0-9a-f]{{8}}-?(?:[0-9a-f]{{4}}-?){{3}}[0-9a-f]{{12}}\b\}}?     # UUID
  | \b0x[0-9a-f]+\b | @[0-9a-f]{{5,16}}\b                                 # where in memory
  | \b\d{{4}}-\d{{2}}-\d{{2}}(?:[t ]\d{{1,2}}:\d{{2}}(?::\d{{2}}(?:[.,]\d+)?)?{_ZONE})?
  | (?:\b(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?,?[ ])?
    \b\d{{1,2}}(?:st|nd|rd|th|\.)?[ -]{_MONTHS}\b\.?(?:,?[ -]\d{{2,4}}\b)?
  | \b{_MONTHS}\.?[ ]\d{{1,2}}(?:st|nd|rd|th)?\b(?:,?[ ]\d{{4}}\b)?
  | \b\d{{1,2}}:\d{{2}}(?::\d{{2}}(?:[.,]\d+)?)?(?:[ ]?[ap]\.?m\b\.?)?{_ZONE}
  | \b(?:[0-9a-f]{{0,4}}:){{3,7}}[0-9a-f]{{1,4}}\b                        # IPv6
  | \b\d{{1,3}}(?:\.\d{{1,3}}){{3}}(?::\d+)?\b
  | (?:[€$£¥][ ]?|\b{_CURRENCY}[ ]?)?(?<![\w…])[-+−]?\d+(?:[.,'’  ]\d{{3}})*(?:[.,]\d+)?
    (?:[ ]?(?:[€$£¥%‰°]|(?:{_CURRENCY}|{_UNIT})\b))?(?![\w…]|[-/_.:\#]\w)
"""

_ALL: Final = re.compile(
    rf"(?P<kept>{_KEPT})|(?P<quoted>{_QUOTED})|(?P<url>{_URL})|(?P<varying>{_VARYING})"
    rf"|(?P<token>(?<!\w)[\#№]?(?=[\w/.:\#-]*\d)\w+(?:[-/_.:\#]+\w+)*)",
    re.VERBOSE | re.IGNORECASE,
)
_NAMES_A_PART: Final = re.compile(
    r"(?:fields?|columns?|keys?|propert(?:y|ies)|attributes?|parameters?|arguments?|variables?"
    r"|tables?|relation|constraint|function|module|named|sheet|worksheet|tab|button|element|option"
    r"|menu|window|dialog|page|screen|locator|selector|xpath|css|object|type|feld|felder|spalten?"
    r"|tabelle|blatt|schaltfläche|knopf|fenster|maske|transaction|transaktion)\W{0,3}$",
    re.IGNORECASE,
)
_WORDLIKE: Final = re.compile(r"(?:[^\W\d_]{2,}|_)+(?:\d{1,2}|_|[^\W\d_]{2,})*")
_DIGITS: Final = re.compile(r"\d+")
_SPACES: Final = re.compile(r"[\s\x00-\x1f\x7f\u200b-\u200f\ufeff]+")
_DOTS_OF_A_WORD: Final = re.compile(r"(?<=\w)\.{3,}(?=\s|$)")
_DOTS: Final = re.compile(r"\.{3,}")
_RUN: Final = re.compile(
    rf"{HOLE}(?:\s*(?:[,;/&|+:–-]|and|und|or|oder|to|bis|x)?\s*{HOLE})+", re.IGNORECASE
)
_PLURAL: Final = re.compile(rf"({HOLE} [^\W\d_]{{2,}}[^\W\d_siu])s\b")
_ONLY_A_NAME: Final = re.compile(r"\W*([^\W\d]\w*(?:\.\w+)*)\W*")
_TRACEBACK: Final = "Traceback (most recent call last)"
_FRAME: Final = re.compile(r"^\s*(?:at\s+[\w.$<>]+\(|File \".*\", line \d+|\.\.\. \d+ more)")
_ENDS: Final = " .:;,!-–—"


def pattern_of(message: str, *, values: Iterable[str] = (), is_coded: bool = False) -> str:
    """Return what stays the same in messages of the same fault, in lower case.

    `values`: what the item holds (see `values_of`), which may stand anywhere in the message.
    `is_coded`: a code says which fault it is, so that all that looks like a name may go. Empty if
    the message says nothing.
    """
    text = _readable(message)
    pattern = _cut(_folded(without_names(_masked(_without(text, values)), all_of_them=is_coded)))
    if pattern.strip(f"{HOLE}{_ENDS}'"):
        return pattern
    # nothing but a name, as KeyError says it: then the name is the message
    only = _ONLY_A_NAME.fullmatch(text)
    return _token(only[1]).casefold()[:MAX_PATTERN] if only else pattern


def values_of(data: Any) -> list[str]:
    """Return the texts within `data` by which messages about different items differ.

    Single words in lower case are no such thing: they are words of our own (`open`, `invoice`)
    more often than values.
    """
    found: dict[str, None] = {}
    for text in _texts(data):
        if MIN_VALUE <= len(text) <= MAX_VALUE and not (text.isalpha() and text.islower()):
            found.setdefault(text)
        if len(found) >= MAX_VALUES:
            break
    return list(found)


def _texts(data: Any) -> Iterator[str]:
    """Yield the texts in any depth, without recursion: depth is whatever people sent."""
    waiting = [data]
    while waiting:
        here = waiting.pop()
        if isinstance(here, str):
            yield here.strip()
        elif isinstance(here, dict):
            waiting.extend(reversed(list(here.values())))
        elif isinstance(here, list):
            waiting.extend(reversed(here))


def _readable(message: str) -> str:
    """Return the part of the message that says what is wrong, on one line."""
    text = message[: 20 * MAX_READ]
    if _TRACEBACK in text:
        # what was raised stands on the last line
        lines = [line for line in text.splitlines() if line.strip()]
        text = lines[-1] if lines else ""
    elif "\n" in text:
        text = "\n".join(line for line in text.splitlines() if not _FRAME.match(line))
    text = unicodedata.normalize("NFKC", text[: 2 * MAX_READ])
    text = _DOTS.sub(HOLE, _DOTS_OF_A_WORD.sub("", text))
    return _SPACES.sub(" ", text).strip()[:MAX_READ]


def _without(text: str, values: Iterable[str]) -> str:
    """Put holes where values of the item stand, the longest first."""
    folded = text.casefold()
    readable = {_SPACES.sub(" ", unicodedata.normalize("NFKC", value)).strip() for value in values}
    there = [value for value in readable if value and value.casefold() in folded]
    if not there:
        return text
    either = "|".join(
        re.escape(value) for value in sorted(there, key=lambda each: (-len(each), each))
    )
    return re.sub(rf"(?<!\w)(?:{either})(?!\w)", HOLE, text, flags=re.IGNORECASE)


def _masked(text: str) -> str:
    return _ALL.sub(lambda found: _put_for(found, text), text)


def _put_for(found: re.Match[str], text: str) -> str:
    said = found[0]
    if found["kept"]:
        return said
    if found["quoted"]:
        before = text[max(0, found.start() - 30) : found.start()]
        if _NAMES_A_PART.search(before):
            return f"'{_ALL.sub(_put_inside, said[1:-1])}'"
        return HOLE
    if found["url"]:
        return _host(said)
    return HOLE if found["varying"] else _token(said)


def _put_inside(found: re.Match[str]) -> str:
    """The name of a part may hold what varies, though no quotes of its own."""
    return found[0] if found["kept"] or found["quoted"] else HOLE


def _host(url: str) -> str:
    """Return scheme and host: which system it is, and not what was asked of it."""
    scheme, _colon, rest = url.partition("://")
    host = re.split(r"[/?#]", rest.rpartition("@")[2] if "@" in rest.split("/")[0] else rest)[0]
    name = host.partition(":")[0].strip(".,;)]}")
    is_address = not re.search(r"[a-z]", name, re.IGNORECASE)
    return f"{scheme}://{HOLE if is_address else _DIGITS.sub(HOLE, name)}"


def _token(said: str) -> str:
    """Of a word that holds digits: its letters if it is a word (utf8, sheet_2), else nothing."""
    if not any(each.isdigit() for each in said):
        return said
    return _DIGITS.sub(HOLE, said) if _WORDLIKE.fullmatch(said) else HOLE


def _folded(text: str) -> str:
    return _PLURAL.sub(r"\1", _RUN.sub(HOLE, text.casefold()))


def _cut(text: str) -> str:
    return _SPACES.sub(" ", text).strip(_ENDS)[:MAX_PATTERN].rstrip()
