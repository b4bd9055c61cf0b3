"""The conditions of a state as rows, one below the other: read, added, removed, said as JSON.

All of them must hold, or any of them; a row may have alternatives, which are joined the other way.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any, TypeAlias

from django.utils.translation import gettext as _

from apps.lib.json import Json, JsonObject
from apps.lib.numbers import whole_number

from .conditions import ConditionForm, Things, row_fields

MAX_ROWS = 20
LOOKING_BACK = ("window_seconds", "within")
ROWS = "n_rows"
ROW = "row"
LETTER = "rows_letter"
OTHER_LETTER = {"c": "d", "d": "c"}
OTHER = {"all": "any", "any": "all"}
USUAL: JsonObject = {"metric": "queue.ready", "queue": "", "op": ">="}

# the fields of a row as they were sent, in their order
Row: TypeAlias = list[tuple[str, Any]]


@dataclass(frozen=True)
class Group:
    """Alternatives: one row of them for most."""

    number: int
    rows: list[ConditionForm]


class ConditionRows:
    """The rows of one form, as they were stored or as they were sent.

    Apps above have rows of their own, with more fields: `form_class`, and `fields_of` to show them.
    """

    form_class: type[ConditionForm] = ConditionForm
    fields_of = staticmethod(row_fields)

    def __init__(
        self, things: Things, *, data: Mapping[str, Any] | None, stored: list[list[JsonObject]]
    ) -> None:
        self._shown: list[ConditionForm] = []
        # what the names of their fields begin with: another letter each time that rows move, or
        # the browser would take a field for the one that had its name before
        self.letter = "c"
        if data is None:
            self.forms = [
                self._form(things, n, initial={"group": group, **self.fields_of(condition)})
                for n, (group, condition) in enumerate(_numbered(stored))
            ]
        else:
            before = "d" if data.get(LETTER) == "d" else "c"
            names = list(self.form_class.base_fields)
            empty = {**dict.fromkeys(names, ""), **self.fields_of(USUAL)}
            kept = _asked(str(data.get(ROW, "")), _sent(data, before, names), empty)
            self.letter = OTHER_LETTER[before] if data.get(ROW) else before
            self.forms = [self._form(things, n, data=row) for n, row in enumerate(kept)]
            if data.get(ROW):  # nobody has filled in the new one yet: no complaints
                self._shown = [
                    self._form(things, n, initial=dict(row)) for n, row in enumerate(kept)
                ]
                _put_focus(self._shown, _changed(str(data[ROW]), kept))

    def __len__(self) -> int:
        return len(self.forms)

    def __iter__(self) -> Iterator[ConditionForm]:
        return iter(self.forms)

    def _form(self, things: Things, n: int, *, data: Row | None = None, **named: Any) -> Any:
        prefix = f"{self.letter}{n}"
        sent = None if data is None else {f"{prefix}-{name}": value for name, value in data}
        form = self.form_class(sent, prefix=prefix, **named)
        form.number = n + 1
        form.fill_choices(things)
        return form

    @property
    def is_full(self) -> bool:
        return len(self.forms) >= MAX_ROWS

    @property
    def groups(self) -> list[Group]:
        return _grouped(self.forms)

    @property
    def shown(self) -> list[Group]:
        """What the page shows of them."""
        return _grouped(self._shown or self.forms)

    def problems(self) -> list[tuple[str, str]]:
        """Return what is wrong: in which row, and what."""
        if not self.forms:
            return [(_("Conditions"), _("Add at least one."))]
        return [
            (_("Condition %(n)d") % {"n": n}, str(message))
            for n, form in enumerate(self.forms, 1)
            for messages in form.errors.values()
            for message in messages
        ]

    def said(self, join: str) -> JsonObject:
        """Return `{"all": […]}` or `{"any": […]}`, after `problems` found none."""
        found: list[Json] = []
        for group in self.groups:
            conditions: list[Json] = [form.condition() for form in group.rows]
            found.append(conditions[0] if len(conditions) == 1 else {OTHER[join]: conditions})
        return {join: found}

    def at(self, path: str) -> ConditionForm | None:
        """Return the row that says what is at `path`, as in `all.0.any.1.value`."""
        numbers = [int(part) for part in path.split(".")[:4] if part.isdigit() and len(part) < 5]
        groups = self.groups
        if not numbers or numbers[0] >= len(groups):
            return None
        rows = groups[numbers[0]].rows
        place = numbers[1] if len(numbers) > 1 else 0
        return rows[place] if place < len(rows) else None


def conditions_in(rule: Mapping[str, Any]) -> tuple[str, list[list[JsonObject]]]:
    """Return how the conditions of a rule are joined, and each with its alternatives."""
    join = "any" if "any" in rule else "all"
    found = []
    for each in rule.get(join) or []:
        if not isinstance(each, dict):
            continue
        inner = each.get("any", each.get("all"))
        found.append([one for one in inner if isinstance(one, dict)] if inner else [each])
    return join, found


def lengths_in(stored: list[list[JsonObject]]) -> set[int]:
    """Return the lengths of time, in seconds, that stored conditions look back."""
    said = [each.get(name) for group in stored for each in group for name in LOOKING_BACK]
    return {each for each in said if isinstance(each, int) and not isinstance(each, bool)}


def _grouped(forms: list[ConditionForm]) -> list[Group]:
    return [Group(n, list(rows)) for n, rows in groupby(forms, key=_group)]


def _put_focus(forms: list[ConditionForm], n: int | None) -> None:
    if n is not None:
        forms[n].fields["what"].widget.attrs["data-focus"] = True


def _numbered(stored: list[list[JsonObject]]) -> Iterator[tuple[int, JsonObject]]:
    for group, conditions in enumerate(stored):
        for condition in conditions:
            yield group, condition


def _group(form: ConditionForm) -> int:
    return whole_number(str(form["group"].value()), below=1001) or 0


def _sent(data: Mapping[str, Any], letter: str, names: list[str]) -> list[Row]:
    """Return what was sent of each row: all of its fields, whatever they hold."""
    n_sent = whole_number(str(data.get(ROWS, "")), below=MAX_ROWS + 1) or 0
    return [[(name, data.get(f"{letter}{n}-{name}", "")) for name in names] for n in range(n_sent)]


def _asked(what: str, rows: list[Row], empty: Mapping[str, Any]) -> list[Row]:
    """Return the rows after what a button asks: `add`, `or-1` (beside group 1), `remove-2`."""
    verb, _dash, number = what.partition("-")
    n = whole_number(number, below=1001)
    if verb == "remove" and n is not None:
        return [row for at, row in enumerate(rows) if at != n]
    groups = [whole_number(str(dict(row)["group"]), below=1001) or 0 for row in rows]
    if len(rows) >= MAX_ROWS or verb not in {"add", "or"}:
        return rows
    if verb == "or" and n in groups:
        place = len(groups) - groups[::-1].index(n)
        return [*rows[:place], list({**empty, "group": n}.items()), *rows[place:]]
    return [*rows, list({**empty, "group": max(groups, default=-1) + 1}.items())]


def _changed(what: str, rows: list[Row]) -> int | None:
    """Return the row that a button has made, or the one that is there instead of a removed one."""
    verb, _dash, number = what.partition("-")
    n = whole_number(number, below=1001)
    if verb == "remove":
        return min(n or 0, len(rows) - 1) if rows else None
    empty = [at for at, row in enumerate(rows) if not dict(row).get("queue")]
    return empty[-1] if empty else None
