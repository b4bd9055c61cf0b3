"""Rows that come and go without a script: a round trip, by buttons named `_add` and `_remove`."""

from django.http import QueryDict

ADD, REMOVE = "_add", "_remove"


def asks_for_rows(said: QueryDict) -> bool:
    """Whether a form was sent only to get a row more, or less."""
    return ADD in said or REMOVE in said


def with_rows_changed(said: QueryDict) -> QueryDict:
    """Return what was sent with the row added or removed that its buttons name."""
    changed = said.copy()
    if added := said.get(ADD, ""):
        marker = f"{added}/:rows"
        keys = changed.getlist(marker)
        changed.setlist(marker, [*keys, f"n{len(keys)}x"])
    if removed := said.get(REMOVE, ""):
        parent, _slash, key = removed.rpartition("/")
        marker = f"{parent}/:rows"
        changed.setlist(marker, ["", *(one for one in changed.getlist(marker) if one != key)])
    return changed
