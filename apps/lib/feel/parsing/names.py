"""Names with spaces and odd characters: "Applicant Age", "Loan-to-value ratio", "Rate %".

FEEL lets names contain nearly everything, so only who knows the names can tell one from an
expression. A known name is found by its tokens: the longest one wins. White space counts as one
blank or none: where the name has some, the text must, too.
"""

from collections.abc import Collection, Iterable, Sequence

from apps.lib.feel.errors import FeelSyntaxError

from .lexer import Token, tokenize

_FIRST = ("name", "number", "odd")  # an operator, bracket or text starts no name

_Key = tuple[tuple[str, bool], ...]


class KnownNames:
    """The names of several tokens that a text may use; those of one token need no help."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._by_first: dict[str, list[tuple[_Key, str]]] = {}
        for name in names:
            self.add(name)

    def add(self, name: str) -> None:
        """Make `name` known from here on. A name that can't be read as tokens stays unknown."""
        if name.isidentifier():
            return
        try:
            tokens = tokenize(name)[:-1]
        except FeelSyntaxError:
            return
        if not tokens or tokens[0].kind not in _FIRST:
            return
        if len(tokens) == 1 and tokens[0].kind != "odd":
            return
        found = self._by_first.setdefault(tokens[0].text, [])
        entry = (_key(tokens), name)
        if entry not in found:
            found.append(entry)
            found.sort(key=lambda entry: -len(entry[0]))

    def add_words(self, name: str, reserved: Collection[str]) -> None:
        """Make `name`, which may be any text at all, known if it is nothing but words."""
        try:
            tokens = tokenize(name)[:-1]
        except FeelSyntaxError:
            return
        if all(token.kind == "name" and token.text not in reserved for token in tokens):
            self.add(name)

    def match(self, tokens: Sequence[Token], at: int) -> tuple[str, int] | None:
        """Return the longest known name that starts at token `at`, and its number of tokens."""
        for key, name in self._by_first.get(tokens[at].text, ()):
            candidate = tokens[at : at + len(key)]
            if len(candidate) == len(key) and _key(candidate) == key:
                return name, len(key)
        return None


def name_of(tokens: Sequence[Token]) -> str:
    """Return the tokens as one name, with single blanks for the white space between them."""
    if len(tokens) == 1 and tokens[0].kind == "quoted":
        return tokens[0].text[1:-1]
    first, *rest = tokens
    return first.text + "".join(" " * token.spaced + token.text for token in rest)


def _key(tokens: Sequence[Token]) -> _Key:
    return tuple((token.text, token.spaced and index > 0) for index, token in enumerate(tokens))
