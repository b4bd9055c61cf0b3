"""Tokens of FEEL: every text has some; what cannot stand where it stands, the parser tells."""

import re
from typing import NamedTuple

from apps.lib.feel.errors import FeelSyntaxError

_SPACE = r"\s\u0085\u00A0\u1680\u180E\u2000-\u200B\u2028\u2029\u202F\u205F\u3000\uFEFF"
_START = (
    r"A-Z_a-z\u00C0-\u00D6\u00D8-\u00F6\u00F8-\u02FF\u0370-\u037D\u037F-\u167F\u1681-\u180D"
    r"\u180F-\u1FFF\u200C-\u200D\u2070-\u218F\u2C00-\u2FEF\u3001-\uD7FF\uF900-\uFDCF\uFDF0-\uFEFE"
    r"\uFF00-\uFFFD\U00010000-\U000EFFFF"
)
_PART = _START + r"0-9\u00B7\u0300-\u036F\u203F-\u2040"

_TOKEN = re.compile(
    rf"""(?P<space>[{_SPACE}]+ | //[^\n]* | /\*.*?\*/)
    | (?P<name>[{_START}][{_PART}]*)
    | (?P<quoted>`[^`]+`)
    | (?P<op>\.\.)
    | (?P<number>(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
    | (?P<string>"(?:[^"\\]|\\.)*")
    | (?P<symbol>\*\*|<=|>=|!=|->|[-+*/<>=()\[\]{{}},:.?@])
    | (?P<odd>.)""",
    re.VERBOSE | re.DOTALL,
)

_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{6})|(.))", re.DOTALL)
_PLAIN_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "'": "'", "\\": "\\"}
_SURROGATES = re.compile("[\ud800-\udfff]")


class Token(NamedTuple):
    """One token. `spaced`: white space or a comment stands before it, which matters in names."""

    kind: str  # name, quoted, number, string, op, odd, end
    text: str
    start: int
    spaced: bool


def tokenize(text: str) -> list[Token]:
    """Return the tokens of `text`, the last one of kind "end". Raises FeelSyntaxError."""
    tokens: list[Token] = []
    spaced = False
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup
        if kind == "space":
            spaced = True
            continue
        found = match[0]
        if kind == "odd" and found in '"`':
            what = "text is not closed with a quotation mark"
            if found == "`":
                what = "name is not closed with a back-quote"
            raise error_at(text, match.start(), f"The {what}")
        tokens.append(Token("op" if kind == "symbol" else str(kind), found, match.start(), spaced))
        spaced = False
    tokens.append(Token("end", "", len(text), spaced))
    return tokens


def unescape(literal: str) -> str:
    """Return the text that a string literal, quotation marks included, stands for.

    Unknown escapes stay as they are, so that "\\d" in a pattern needs no doubling. Raises
    ValueError for half of a surrogate pair or a code point that does not exist.
    """
    inner = literal[1:-1]
    if "\\" not in inner:
        return inner
    text = _ESCAPE.sub(_unescaped, inner)
    if _SURROGATES.search(text):
        # \uD83D\uDC0E is one character, written as UTF-16 writes it
        text = text.encode("utf-16", "surrogatepass").decode("utf-16")
    return text


def _unescaped(match: re.Match[str]) -> str:
    code = match[1] or match[2]
    if code:
        return chr(int(code, 16))
    return _PLAIN_ESCAPES.get(match[3], match[0])


def error_at(text: str, position: int, message: str) -> FeelSyntaxError:
    """Return the error for what stands at `position`; `message` has no full stop."""
    line = text.count("\n", 0, position) + 1
    column = position - (text.rfind("\n", 0, position) + 1) + 1
    return FeelSyntaxError(message, line, column)
