"""Rows by number with what a step changes in them, for the difference at its end."""

from collections.abc import Iterator, Mapping
from typing import Generic, Protocol, TypeVar


class Numbered(Protocol):
    @property
    def number(self) -> int: ...


Row = TypeVar("Row", bound=Numbered)


class Table(Generic[Row]):
    """The rows before the step, never touched, below those that the step puts and removes."""

    __slots__ = ("_before", "gone", "put")

    def __init__(self, before: Mapping[int, Row]) -> None:
        self._before = before
        self.put: dict[int, Row] = {}
        self.gone: set[int] = set()

    def get(self, number: int | None) -> Row | None:
        if number in self.put:
            return self.put[number]
        if number is None or number in self.gone:
            return None
        return self._before.get(number)

    def __getitem__(self, number: int) -> Row:
        row = self.get(number)
        if row is None:
            raise KeyError(number)
        return row

    def __contains__(self, number: int) -> bool:
        return self.get(number) is not None

    def __iter__(self) -> Iterator[Row]:
        """Iterate over all rows, those put last; do not change the table meanwhile."""
        for number, row in self._before.items():
            if number not in self.gone and number not in self.put:
                yield row
        yield from self.put.values()

    def add(self, row: Row) -> None:
        """Put a row, new or changed."""
        self.put[row.number] = row

    def remove(self, number: int) -> None:
        self.put.pop(number, None)
        if number in self._before:
            self.gone.add(number)
