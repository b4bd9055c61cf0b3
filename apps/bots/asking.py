"""What an automation says about values that a model read, and what it asks of people."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from apps.lib.json import Json, JsonObject

MAX_FIELDS = 500
MAX_FIELD = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a person answered: the key of the decision, and the values of the form."""

    decision: str
    values: dict[str, Any] = field(default_factory=dict)
    by: str = ""
    comment: str = ""
    at: datetime | None = None


class AskPerson(BaseException):
    """Ends the try of an item until a person has answered; see ItemContext.ask.

    Not an `Exception`, so that an automation's `except Exception` does not swallow it.
    """

    def __init__(self, question: JsonObject) -> None:
        super().__init__(str(question.get("title") or question.get("key") or ""))
        self.question = question


class Readings:
    """What a model read for one try, as it is handed in with the result."""

    __slots__ = ("_fields",)

    def __init__(self) -> None:
        self._fields: dict[str, JsonObject] = {}

    def add(self, name: str, value: Json, confidence: float, more: Mapping[str, Json]) -> None:
        """Note one value; the same field again replaces what was noted.

        Raises ValueError for a field without a name and for a confidence that is none.
        """
        if not isinstance(name, str) or not 0 < len(name) <= MAX_FIELD:
            raise ValueError(
                _("The name of a field that is read has 1 to %(n)d characters.") % {"n": MAX_FIELD}
            )
        if len(self._fields) >= MAX_FIELDS and name not in self._fields:
            raise ValueError(_("One try can read at most %(n)d fields.") % {"n": MAX_FIELDS})
        self._fields[name] = {
            "value": value,
            "confidence": _share(confidence, name),
            **{key: said for key, said in more.items() if said not in ("", None)},
        }

    def handed_in(self) -> JsonObject:
        return {"fields": dict(self._fields)}


def region_of(file: str, page: int | None, box: Sequence[float] | None) -> JsonObject | None:
    """Return where a value stands; None when nothing is known. Raises ValueError for a bad box."""
    if not file and page is None and box is None:
        return None
    if box is not None:
        sides = [float(side) for side in box]
        is_box = len(sides) == 4 and all(0 <= side <= 1 for side in sides)
        if not is_box or sides[0] > sides[2] or sides[1] > sides[3]:
            raise ValueError(
                _("A box is left, top, right, bottom, each a share of the page from 0 to 1.")
            )
        return {"file": file, "page": page or 1, "box": list[Json](sides)}
    return {"file": file, "page": page or 1}


def _share(confidence: float, name: str) -> float:
    try:
        share = math.nan if isinstance(confidence, bool) else float(confidence)
    except (TypeError, ValueError):
        share = math.nan
    if not 0 <= share <= 1:  # not a number is neither
        raise ValueError(
            _("The confidence of “%(field)s” must be a number from 0 to 1, not %(said)r.")
            % {"field": name, "said": confidence}
        )
    return share
