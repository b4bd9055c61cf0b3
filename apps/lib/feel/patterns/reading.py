"""Reading XPath's regular expressions (XML Schema's, with groups, anchors and back-references)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from .characters import (
    ESCAPES,
    NOT_A_LINE_END,
    Characters,
    Test,
    any_of,
    between,
    exactly,
    except_for,
    in_any_case,
    other_than,
    property_named,
)
from .errors import PatternError

MAX_NESTING = 50
MAX_COUNT = 1_000

_CONTROLS = {"n": "\n", "r": "\r", "t": "\t"}
_SPECIAL = frozenset(".\\?*+{}()[]|^$")
_WHITE = frozenset(" \t\n\r")


@dataclass(frozen=True, slots=True)
class One:
    """One character."""

    characters: Characters


@dataclass(frozen=True, slots=True)
class Chain:
    """One node after the other."""

    nodes: Sequence["Node"]


@dataclass(frozen=True, slots=True)
class Choice:
    """The first of the nodes that lets the rest match."""

    nodes: Sequence["Node"]


@dataclass(frozen=True, slots=True)
class Repeat:
    """The node `fewest` to `most` times; `most` None: without end."""

    node: "Node"
    fewest: int
    most: int | None
    greedy: bool


@dataclass(frozen=True, slots=True)
class Group:
    """A node whose match is remembered as group `number`."""

    number: int
    node: "Node"


@dataclass(frozen=True, slots=True)
class Anchor:
    """A place: the start or the end of the text, or of a line."""

    sign: str


@dataclass(frozen=True, slots=True)
class Again:
    """What group `number` matched, once more."""

    number: int


Node: TypeAlias = One | Chain | Choice | Repeat | Group | Anchor | Again


class Reader:
    """Reads one pattern. `flags` are of `smixq`, as XPath has them."""

    def __init__(self, text: str, flags: str) -> None:
        if unknown := set(flags) - set("smixq"):
            raise PatternError(f"the flag “{min(unknown)}” is none of s, m, i, x and q")
        self._text = _squeezed(text) if "x" in flags and "q" not in flags else text
        self._flags = flags
        self._at = 0
        self._nesting = 0
        self._closed: set[int] = set()
        self.groups = 0

    def read(self) -> Node:
        if "q" in self._flags:
            return Chain([self._one(exactly(each)) for each in self._text])
        node = self._choice()
        if self._at < len(self._text):
            raise self._problem("a “)” closes no group")
        return node

    def _choice(self) -> Node:
        branches = [self._branch()]
        while self._take("|"):
            branches.append(self._branch())
        return branches[0] if len(branches) == 1 else Choice(branches)

    def _branch(self) -> Node:
        nodes: list[Node] = []
        while self._at < len(self._text) and self._peek() not in "|)":
            nodes.append(self._quantified(self._atom()))
        return nodes[0] if len(nodes) == 1 else Chain(nodes)

    def _quantified(self, node: Node) -> Node:
        sign = self._peek()
        if sign not in ("?", "*", "+", "{"):
            return node
        self._at += 1
        fewest, most = self._counts() if sign == "{" else _COUNTS[sign]
        greedy = not self._take("?")
        if self._peek() in ("?", "*", "+", "{"):
            raise self._problem("a quantifier follows a quantifier")
        return Repeat(node, fewest, most, greedy)

    def _counts(self) -> tuple[int, int | None]:
        end = self._text.find("}", self._at)
        low, comma, high = self._text[self._at : max(end, self._at)].partition(",")
        if end < 0 or not _is_count(low) or (high and not _is_count(high)):
            raise self._problem("a quantifier is written {2}, {2,} or {2,5}")
        self._at = end + 1
        fewest = int(low)
        most = int(high) if high else (None if comma else fewest)
        if fewest > MAX_COUNT or (most or 0) > MAX_COUNT:
            raise self._problem(f"a quantifier counts up to {MAX_COUNT:,}")
        if most is not None and most < fewest:
            raise self._problem("a quantifier counts from the smaller to the larger number")
        return fewest, most

    def _atom(self) -> Node:
        sign = self._next()
        if sign == "(":
            return self._group()
        if sign == "[":
            return self._one(self._class(), folded=True)
        if sign == ".":
            return self._one((lambda _: True) if "s" in self._flags else NOT_A_LINE_END, True)
        if sign in "^$":
            return Anchor(sign if "m" not in self._flags else sign * 2)
        if sign == "\\":
            return self._escaped()
        if sign in _SPECIAL:
            raise self._problem(f"“{sign}” means nothing here; write \\{sign}")
        return self._one(exactly(sign))

    def _group(self) -> Node:
        self._nesting += 1
        if self._nesting > MAX_NESTING:
            raise self._problem(f"groups are nested more than {MAX_NESTING} deep")
        number = 0
        if self._take("?"):
            if not self._take(":"):
                raise self._problem("“(?” begins no group but “(?:”")
        else:
            self.groups += 1
            number = self.groups
        node = self._choice()
        if not self._take(")"):
            raise self._problem("a “)” is missing")
        self._nesting -= 1
        self._closed.add(number)
        return Group(number, node) if number else node

    def _escaped(self) -> Node:
        sign = self._peek()
        if sign.isdecimal() and sign.isascii():
            return self._again()
        return self._one(self._escape())

    def _again(self) -> Node:
        number = int(self._next())
        # \12 is group 12 if there is one, else group 1 and a 2
        while (sign := self._peek()).isdecimal() and number * 10 + int(sign) <= self.groups:
            number = number * 10 + int(self._next())
        if not number or number not in self._closed:
            raise self._problem(f"“\\{number}” names no group before it")
        return Again(number)

    def _escape(self) -> Test:
        """Read what follows a backslash, in a class or outside."""
        sign = self._next()
        if sign in ESCAPES:
            return ESCAPES[sign]
        if sign in "pP":
            end = self._text.find("}", self._at)
            if not self._take("{") or end < 0:
                raise self._problem("a class is named as in \\p{Lu}")
            test = property_named(self._text[self._at : end])
            self._at = end + 1
            return test if sign == "p" else other_than(test)
        return exactly(self._literal(sign))

    def _literal(self, sign: str) -> str:
        if sign in _CONTROLS:
            return _CONTROLS[sign]
        if sign.isalnum() or not sign.isascii():
            raise self._problem(f"“\\{sign}” means nothing")
        return sign

    def _class(self) -> Test:
        """Read a class from behind its “[” to its “]”, and what is subtracted in it."""
        self._nesting += 1
        if self._nesting > MAX_NESTING:
            raise self._problem(f"classes are nested more than {MAX_NESTING} deep")
        negative = self._take("^")
        tests: list[Test] = []
        taken: Test | None = None
        while not self._take("]"):
            if tests and self._text.startswith("-[", self._at):
                self._at += 2
                taken = self._class()
                if self._peek() != "]":
                    raise self._problem("a subtracted class ends its class")
            else:
                tests.append(self._member())
        if not tests:
            raise self._problem("a class is empty")
        self._nesting -= 1
        test = self._folded(any_of(tests))
        test = other_than(test) if negative else test
        return except_for(test, taken) if taken else test

    def _member(self) -> Test:
        first = self._next()
        if first == "[":
            raise self._problem("in a class, write \\[ for “[”")
        if first == "\\":
            if self._peek() not in "nrt" and self._peek().isalnum():
                return self._escape()
            first = self._literal(self._next())
        if self._peek() != "-" or self._text[self._at + 1 : self._at + 2] in ("]", "[", ""):
            return exactly(first)
        self._at += 1
        last = self._next()
        last = self._literal(self._next()) if last == "\\" else last
        if last < first:
            raise self._problem(f"the range {first}-{last} runs backwards")
        return between(first, last)

    def _one(self, test: Test, folded: bool = False) -> One:
        return One(Characters(test if folded else self._folded(test)))

    def _folded(self, test: Test) -> Test:
        return in_any_case(test) if "i" in self._flags else test

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _next(self) -> str:
        if self._at >= len(self._text):
            raise self._problem("it ends too early")
        self._at += 1
        return self._text[self._at - 1]

    def _take(self, sign: str) -> bool:
        if self._peek() == sign:
            self._at += 1
            return True
        return False

    def _problem(self, words: str) -> PatternError:
        return PatternError(f"the pattern can't be read at character {self._at}: {words}")


_COUNTS: dict[str, tuple[int, int | None]] = {"?": (0, 1), "*": (0, None), "+": (1, None)}


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 6


def _squeezed(text: str) -> str:
    """Leave out white space, except in classes: the flag x."""
    kept: list[str] = []
    depth = 0
    escaped = False
    for each in text:
        if each in _WHITE and not depth:
            continue
        kept.append(each)
        if not escaped:
            depth += (each == "[") - (each == "]" and depth > 0)
        escaped = each == "\\" and not escaped
    return "".join(kept)
