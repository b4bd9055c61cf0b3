"""Expressions of Camunda 7 (JUEL), said in FEEL. Only what reads variables: calls are Java's.

`${amount > 100 && !done}` becomes `amount > 100 and not(done)`. Indexes count from 1 in FEEL, and
so does the loop counter here.
"""

import re
from typing import Final

from apps.lib.feel import FeelSyntaxError, compile_expression
from apps.lib.texts import gettext as _

MAX_LENGTH = 10_000
MAX_DEPTH = 50


class NotConvertibleError(ValueError):
    """The expression can't be said in FEEL; the text says why."""


_OPENING = re.compile(r"[$#]\{")
_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)"
    r"|(?P<string>'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")"
    r"|(?P<name>[^\W\d][\w$]*)"
    r"|(?P<sign>&&|\|\||[=!<>]=|[-+*/%<>!?:()\[\].,]))"
)
_WORDS: Final = {"and": "&&", "or": "||", "not": "!", "eq": "==", "ne": "!=", "lt": "<", "gt": ">",
    "le": "<=", "ge": ">=", "div": "/", "mod": "%"}  # fmt: skip
_FEEL_WORDS: Final = frozenset({"if", "then", "else", "for", "in", "return", "some", "every",
    "satisfies", "between", "instance", "of", "function", "external"})  # fmt: skip
# JUEL's sign: how tightly it binds, and FEEL's sign
_BINARY: Final = {"||": (1, "or"), "&&": (2, "and"), "==": (3, "="), "!=": (3, "!="), "<": (4, "<"),
    ">": (4, ">"), "<=": (4, "<="), ">=": (4, ">="), "+": (5, "+"), "-": (5, "-"), "*": (6, "*"),
    "/": (6, "/"), "%": (6, "%")}  # fmt: skip
_UNARY, _TIGHT = 7, 9
_BEANS: Final = frozenset({"execution", "task", "externalTask", "caseExecution", "delegateTask"})


def is_juel(text: str) -> bool:
    return bool(_OPENING.search(text))


def to_feel(text: str) -> str:
    """Return FEEL (without =) for a text with `${…}` in it. Raises NotConvertibleError.

    Text around the expressions makes a string of all.
    """
    if len(text) > MAX_LENGTH:
        raise NotConvertibleError(_("it is too long"))
    parts = _parts(text.strip())
    if len(parts) == 1 and parts[0][0]:
        feel = _Parser(parts[0][1]).whole()
    else:
        feel = " + ".join(
            f"string({_Parser(part).whole()})" if is_code else _quoted(part)
            for is_code, part in parts
        )
    try:
        compile_expression(feel)
    except FeelSyntaxError as error:
        raise NotConvertibleError(error.message) from None
    return feel


def _parts(text: str) -> list[tuple[bool, str]]:
    """Return the pieces of a text: (True, what stands inside ${…}) or (False, plain text)."""
    found: list[tuple[bool, str]] = []
    at = 0
    while at < len(text):
        opening = _OPENING.search(text, at)
        begin = opening.start() if opening else len(text)
        if begin > at:
            found.append((False, text[at:begin]))
        if opening is None:
            break
        end = _closing(text, opening.end())
        found.append((True, text[opening.end() : end]))
        at = end + 1
    return found


def _closing(text: str, at: int) -> int:
    quote = ""
    while at < len(text):
        character = text[at]
        if quote:
            at += 1 if character == "\\" else 0
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        elif character == "}":
            return at
        at += 1
    raise NotConvertibleError(_("its } is missing"))


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _tokens(text: str) -> list[tuple[str, str]]:
    found, at = [], 0
    while text[at:].strip():
        token = _TOKEN.match(text, at)
        if token is None:
            words = {"text": text[at : at + 20].strip()}
            raise NotConvertibleError(_("“%(text)s” is not understood") % words)
        kind = str(token.lastgroup)
        value = token[kind]
        if kind == "name" and value in _WORDS:
            kind, value = "sign", _WORDS[value]
        found.append((kind, value))
        at = token.end()
    return [*found, ("end", "")]


class _Parser:
    """One expression. Every method returns FEEL and how tightly it binds."""

    def __init__(self, text: str) -> None:
        self.tokens = _tokens(text)
        self.at = 0
        self.depth = 0

    def whole(self) -> str:
        text, _level = self.ternary()
        self._expect("end", "")
        return text

    def ternary(self) -> tuple[str, int]:
        self._go_deeper()
        found = self.binary(1)
        if self._accept("?"):
            yes, _yes = self.ternary()
            self._expect("sign", ":")
            no, _no = self.ternary()
            found = f"if {found[0]} then {yes} else {no}", 0
        self.depth -= 1
        return found

    def binary(self, least: int) -> tuple[str, int]:
        left = self.unary()
        while (sign := self.tokens[self.at][1]) in _BINARY and self.tokens[self.at][0] == "sign":
            level, feel = _BINARY[sign]
            if level < least:
                break
            self.at += 1
            right = self.binary(level + 1)
            left = _joined(left, feel, right, level)
        return left

    def unary(self) -> tuple[str, int]:
        self._go_deeper()
        kind, value = self.tokens[self.at]
        if self._accept("!"):
            found = f"not({self.unary()[0]})", _TIGHT
        elif self._accept("-"):
            found = f"-{_wrapped(self.unary(), _UNARY)}", _UNARY
        elif kind == "name" and value == "empty":
            self.at += 1
            inner = _wrapped(self.unary(), _TIGHT)
            found = f'({inner} = null or {inner} = "" or {inner} = [])', _TIGHT
        else:
            found = self.path()
        self.depth -= 1
        return found

    def path(self) -> tuple[str, int]:
        text = self.primary()
        while True:
            if self._accept("."):
                text = f"{text}.{_name(self._expect('name'))}"
            elif self._accept("["):
                text = self.index(text)
            elif self.tokens[self.at] == ("sign", "("):
                raise NotConvertibleError(_("it calls “%(name)s”, which is Java") % {"name": text})
            else:
                return text, _TIGHT

    def index(self, text: str) -> str:
        kind, value = self.tokens[self.at]
        following = self.tokens[self.at + 1] if self.at + 1 < len(self.tokens) else ("end", "")
        if kind == "string" and following == ("sign", "]"):
            self.at += 2
            return f"{text}.{_name(_unquoted(value))}"
        inner = self.ternary()
        self._expect("sign", "]")
        if inner[0].isdigit():
            return f"{text}[{int(inner[0]) + 1}]"
        return f"{text}[{_wrapped(inner, 5)} + 1]"

    def primary(self) -> str:
        kind, value = self.tokens[self.at]
        self.at += 1
        if kind == "number":
            return value
        if kind == "string":
            return _quoted(_unquoted(value))
        if kind == "name":
            if value in _BEANS:
                raise NotConvertibleError(_("it reads “%(name)s”, which is Java") % {"name": value})
            return "(loopCounter - 1)" if value == "loopCounter" else _name(value)
        if (kind, value) == ("sign", "("):
            text, _level = self.ternary()
            self._expect("sign", ")")
            return f"({text})"
        if kind == "end":
            raise NotConvertibleError(_("it ends too early"))
        raise NotConvertibleError(_("“%(text)s” is not understood") % {"text": value})

    def _go_deeper(self) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise NotConvertibleError(_("it is nested too deep"))

    def _accept(self, sign: str) -> bool:
        if self.tokens[self.at] == ("sign", sign):
            self.at += 1
            return True
        return False

    def _expect(self, kind: str, value: str | None = None) -> str:
        found = self.tokens[self.at]
        if found[0] != kind or (value is not None and found[1] != value):
            raise NotConvertibleError(_("“%(text)s” is not understood") % {"text": found[1]})
        self.at += 1
        return found[1]


def _joined(
    left: tuple[str, int], sign: str, right: tuple[str, int], level: int
) -> tuple[str, int]:
    if sign == "%":
        return f"modulo({left[0]}, {right[0]})", _TIGHT
    # FEEL does not chain comparisons, so that operands of the same level are wrapped as well
    same = level + 1 if level in (3, 4) else level
    return f"{_wrapped(left, same)} {sign} {_wrapped(right, level + 1)}", level


def _wrapped(operand: tuple[str, int], least: int) -> str:
    text, level = operand
    return text if level >= least else f"({text})"


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1])


def _name(name: str) -> str:
    if name in ("true", "false", "null"):
        return name
    if name in _FEEL_WORDS or "$" in name or not re.fullmatch(r"[^\W\d]\w*", name):
        return f"`{name}`"
    return name
