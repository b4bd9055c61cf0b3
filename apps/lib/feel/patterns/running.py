"""Running a pattern over a text, in bounded time and space."""

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from apps.lib.feel.errors import FeelLimitError
from apps.lib.feel.run import Run

from .errors import PatternError
from .programs import AGAIN, ANCHOR, CHARACTER, DONE, FORK, JUMP, Instruction, Program

# Where the groups begin and end: 2n and 2n + 1 of group n, -1 if it took no part; 0 is all of it.
Marks: TypeAlias = tuple[int, ...]

MAX_FORKS = 1_000_000  # places that one search remembers
_LOOKS_A_STEP = 64  # at characters or forks, that cost the run one step


class Pattern:
    """A pattern ready to run; made by `compile_pattern`, and safe to share."""

    def __init__(self, program: Program, groups: int, flags: str) -> None:
        self.groups = groups
        self._fold = "i" in flags
        self._program = program.instructions
        self._has_again = program.has_again
        self._literal = "q" in flags
        first = program.instructions[0]
        self._first = first.characters if first.kind == CHARACTER else None

    def search(self, text: str, run: Run, start: int = 0) -> Marks | None:
        """Return the first match from `start` on. Raises FeelLimitError when it takes too long."""
        seen: set[object] = set()
        walk = _Walk(self._program, text, seen, run, exact=self._has_again, fold=self._fold)
        blank: Marks = (-1,) * (2 * self.groups + 2)
        for place in range(start, len(text) + 1):
            if self._first and (place == len(text) or not self._first[text[place]]):
                walk.count(1)
                continue
            marks = walk.match(place, blank)
            if marks is not None:
                return marks
        return None

    def matches(self, text: str, run: Run) -> Iterator[Marks]:
        """Yield the matches one after the other; an empty one moves on by a character."""
        place = 0
        while place <= len(text):
            marks = self.search(text, run, place)
            if marks is None:
                return
            run.spend()
            yield marks
            place = marks[1] if marks[1] > marks[0] else marks[1] + 1

    def replace(self, text: str, replacement: str, run: Run) -> str:
        """Replace every match; `$1` in the replacement is group 1, `$0` the match.

        Raises PatternError when the pattern matches the empty text, or for a wrong replacement.
        """
        self._refuse_empty(run)
        parts = [replacement] if self._literal else _parts(replacement, self.groups)
        result: list[str] = []
        end = 0
        for marks in self.matches(text, run):
            result.append(text[end : marks[0]])
            result.extend(
                each if isinstance(each, str) else _of(text, marks, each) for each in parts
            )
            run.produce(sum(map(len, result[-len(parts) - 1 :])))
            end = marks[1]
        run.produce(len(text) - end)
        return "".join([*result, text[end:]])

    def split(self, text: str, run: Run) -> list[str]:
        """Return what is between the matches. PatternError: the pattern matches the empty text."""
        self._refuse_empty(run)
        parts: list[str] = []
        end = 0
        for marks in self.matches(text, run):
            parts.append(text[end : marks[0]])
            end = marks[1]
        run.produce(len(text) + len(parts) + 1)
        return [*parts, text[end:]]

    def _refuse_empty(self, run: Run) -> None:
        if self.search("", run) is not None:
            raise PatternError("the pattern matches the empty text, so there is no end of matches")


class _Walk:
    """One search: tries the ways in order, and no place twice, whatever way leads there.

    What comes of a place depends on nothing but the place, unless a group is taken again: then
    the groups belong to the place (`exact`).
    """

    def __init__(
        self,
        program: Sequence[Instruction],
        text: str,
        seen: set[object],
        run: Run,
        *,
        exact: bool,
        fold: bool,
    ) -> None:
        self._program = program
        self._text = text
        self._seen = seen
        self._run = run
        self._exact = exact
        self._fold = fold
        self._looked = 0

    def match(self, start: int, blank: Marks) -> Marks | None:
        waiting = [(0, start, blank)]
        while waiting:
            at, place, marks = waiting.pop()
            end = self._follow(at, place, marks, waiting)
            if end is not None:
                return (start, *end[1:])
        return None

    def _follow(
        self, at: int, place: int, marks: Marks, waiting: list[tuple[int, int, Marks]]
    ) -> Marks | None:
        """Follow one way to its end; put the other ways off. None: it leads nowhere."""
        program, text, length, began = self._program, self._text, len(self._text), place
        while True:
            instruction = program[at]
            kind = instruction.kind
            if kind == CHARACTER:
                if place == length or not instruction.characters[text[place]]:  # type: ignore[index]
                    break
                place += 1
                at += 1
            elif kind == FORK:
                if self._was_at(at, place, marks):
                    break
                waiting.append((instruction.second, place, marks))
                at = instruction.first
            elif kind == DONE:
                return (-1, place, *marks[2:])
            else:
                at, place, marks = self._special(at, place, marks)
                if at < 0:
                    break
        self.count(1 + place - began)
        return None

    def _special(self, at: int, place: int, marks: Marks) -> tuple[int, int, Marks]:
        """Jump, mark a place, look for an anchor, or take a group again; -1: it is not there."""
        instruction = self._program[at]
        number = instruction.first
        if instruction.kind == JUMP:
            return number, place, marks
        if instruction.kind == ANCHOR:
            return (at + 1 if _is_at(instruction.sign, self._text, place) else -1), place, marks
        if instruction.kind == AGAIN:
            return self._again(at, place, marks, _of(self._text, marks, number))
        return at + 1, place, (*marks[:number], place, *marks[number + 1 :])

    def _again(self, at: int, place: int, marks: Marks, group: str) -> tuple[int, int, Marks]:
        there = self._text[place : place + len(group)]
        if there != group and not (self._fold and _fold(there) == _fold(group)):
            return -1, place, marks
        self.count(len(group))
        return at + 1, place + len(group), marks

    def count(self, steps: int) -> None:
        """Count characters that were looked at for nothing; so many of them are one step."""
        self._looked += steps
        if self._looked >= _LOOKS_A_STEP:
            self._run.spend(self._looked // _LOOKS_A_STEP)
            self._looked %= _LOOKS_A_STEP

    def _was_at(self, at: int, place: int, marks: Marks) -> bool:
        key = (at, place, marks) if self._exact else (at << 32) | place
        if key in self._seen:
            return True
        self._seen.add(key)
        self.count(1)
        if len(self._seen) > MAX_FORKS:
            raise FeelLimitError(
                "size", "The text is too long for this pattern. Make one of them shorter."
            )
        return False


def _is_at(sign: str, text: str, place: int) -> bool:
    """Tell whether the place is where `^` or `$` is, or (doubled) the same of a line."""
    if sign == "^":
        return place == 0
    if sign == "$":
        return place == len(text)
    if sign == "^^":
        return place == 0 or (text[place - 1] == "\n" and place < len(text))
    return place == len(text) or text[place] == "\n"


def _fold(text: str) -> str:
    return text.lower()


def _of(text: str, marks: Marks, group: int) -> str:
    start, end = marks[2 * group : 2 * group + 2]
    return text[start:end] if start >= 0 and end >= 0 else ""


def _parts(replacement: str, groups: int) -> list[str | int]:
    """Return the texts and the numbers of groups that the replacement is made of."""
    parts: list[str | int] = []
    at = 0
    while at < len(replacement):
        sign, following = replacement[at], replacement[at + 1 : at + 2]
        if sign == "\\":
            if following not in ("\\", "$"):
                raise PatternError("in the replacement, write \\\\ for a backslash")
            parts.append(following)
            at += 2
        elif sign == "$":
            number, at = _group_number(replacement, at + 1, groups)
            parts.append(number if number <= groups else "")
        else:
            parts.append(sign)
            at += 1
    return parts


def _group_number(replacement: str, at: int, groups: int) -> tuple[int, int]:
    """Read the number behind a “$”: as many digits as name a group."""
    digit = replacement[at : at + 1]
    if not (digit.isascii() and digit.isdecimal()):
        raise PatternError("in the replacement, write \\$ for a dollar sign")
    number, at = int(digit), at + 1
    while (digit := replacement[at : at + 1]).isascii() and digit.isdecimal():
        if number * 10 + int(digit) > groups:
            break
        number, at = number * 10 + int(digit), at + 1
    return number, at
