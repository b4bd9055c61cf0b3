"""Where the parser is in its tokens, and what it may take next."""

from collections.abc import Callable, Collection

from apps.lib.feel.errors import FeelSyntaxError
from apps.lib.feel.limits import MAX_NESTING, MAX_SOURCE_LENGTH

from .lexer import Token, error_at, tokenize
from .names import KnownNames, name_of
from .syntax import Node

KEYWORDS = frozenset(
    {"and", "or", "between", "in", "instance", "then", "else", "return", "satisfies", "if", "for"}
    | {"some", "every", "function", "external", "true", "false", "null"}
)
MAX_REREADING = 30  # times that a text is read on average, guesses that were given up included
# what people bring along from other languages
HINTS = {
    "&": " (FEEL writes 'and')",
    "|": " (FEEL writes 'or')",
    "!": " (FEEL writes 'not(...)')",
    "'": ' (FEEL puts texts in "quotation marks")',
    "%": " (FEEL writes 'modulo(a, b)')",
}
NAME_ENDS = frozenset('()[]{}<,:"')


class Cursor:
    """The tokens of one text, read from left to right; `parse(cursor, power)` reads a node."""

    def __init__(
        self,
        text: str,
        names: KnownNames,
        parse: Callable[["Cursor", int], Node],
        builtins: Collection[str],
    ) -> None:
        if len(text) > MAX_SOURCE_LENGTH:
            raise FeelSyntaxError(
                f"The expression is longer than {MAX_SOURCE_LENGTH:,} characters; split it up"
            )
        self.text = text
        self.names = names
        self.tokens = tokenize(text)
        self.at = 0
        self.asks = False  # whether `?` was read
        self.closing = -1  # the token '[' that is taken to close a range, as in ]1..5[
        self._parse = parse
        self._builtins = builtins
        self._depth = 0
        self._work_left = MAX_REREADING * (len(self.tokens) + MAX_NESTING)

    # --- tokens

    @property
    def token(self) -> Token:
        return self.tokens[self.at]

    def ahead(self, count: int = 1) -> Token:
        return self.tokens[min(self.at + count, len(self.tokens) - 1)]

    def take(self) -> Token:
        token = self.tokens[self.at]
        if token.kind != "end":
            self.at += 1
        return token

    def sees(self, *texts: str) -> bool:
        token = self.tokens[self.at]
        return token.text in texts and token.kind in ("op", "name")

    def takes(self, text: str) -> bool:
        """Take the token if it is `text`; tell whether."""
        if not self.sees(text):
            return False
        self.at += 1
        return True

    def expect(self, text: str, where: str) -> Token:
        if not self.sees(text):
            raise self.error(f"Expected '{text}' {where}")
        return self.take()

    def error(self, message: str, token: Token | None = None) -> FeelSyntaxError:
        token = token or self.token
        found = f"'{token.text[:40]}'" if token.kind != "end" else "the end"
        found += HINTS.get(token.text, "")
        if token.text == "=" and self.at and self.tokens[self.at - 1].text == "=":
            found += " (FEEL compares with a single '=')"
        return error_at(self.text, token.start, f"{message}, but found {found}")

    # --- nodes

    def expression(self, power: int = 0) -> Node:
        """Read an expression whose operators bind tighter than `power`."""
        self.enter()
        node = self._parse(self, power)
        self.leave()
        return node

    def enter(self) -> None:
        """Go one level deeper. Raises FeelSyntaxError when that is too deep."""
        self._depth += 1
        self._work_left -= 1
        if self._depth > MAX_NESTING or self._work_left < 0:
            raise self.too_deep()

    def leave(self) -> None:
        self._depth -= 1

    def too_deep(self) -> FeelSyntaxError:
        message = f"The expression is nested deeper than {MAX_NESTING} levels; split it up"
        return error_at(self.text, self.token.start, message)

    def mark(self) -> tuple[int, int, bool]:
        """Return where we are, to come `back` to when a guess was wrong."""
        return self.at, self._depth, self.asks

    def back(self, mark: tuple[int, int, bool]) -> None:
        self.at, self._depth, self.asks = mark

    # --- names

    def name(self) -> str:
        """Read the name of something that is used: a known one, or words that stand together."""
        known = self.names.match(self.tokens, self.at)
        if known is not None:
            self.at += known[1]
            return known[0]
        first = self.take()
        words = [first]
        while first.kind == "name" and self._continues_name():
            words.append(self.take())
        return name_of(words)

    def builtin_ahead(self) -> tuple[str, int]:
        """Return the built-in of several words that is called here, and its number of tokens.

        Only a call tells `date and time(...)` from a date *and* a time; ("", 0) if there is none.
        """
        end = self.at
        while self.tokens[end].kind == "name" and (end == self.at or self.tokens[end].spaced):
            end += 1
        if end - self.at < 2 or self.tokens[end].text != "(":
            return "", 0
        name = name_of(self.tokens[self.at : end])
        return (name, end - self.at) if name in self._builtins else ("", 0)

    def argument_name(self) -> str | None:
        """Read the name of an argument and its colon; None if the argument has no name."""
        end = self.at
        while self.tokens[end].kind not in ("end", "string"):
            if self.tokens[end].text == ":" and end > self.at:
                name = name_of(self.tokens[self.at : end])
                self.at = end + 1
                return name
            if self.tokens[end].text in NAME_ENDS or self.tokens[end].text == ">":
                return None
            end += 1
        return None

    def _continues_name(self) -> bool:
        token = self.token
        return token.kind == "name" and token.spaced and token.text not in KEYWORDS

    def new_name(self, *ends: str, what: str) -> str:
        """Read a name that the text introduces, up to one of `ends`, and make it known."""
        start = self.at
        if self.token.kind not in ("name", "quoted") or self.sees(*ends):
            raise self.error(f"Expected {what}")
        while not self.sees(*ends):
            if self.token.kind in ("end", "string") or self.token.text in NAME_ENDS:
                raise self.error(f"Expected '{ends[0]}' after {what}")
            self.at += 1
        name = name_of(self.tokens[start : self.at])
        self.names.add(name)
        return name
