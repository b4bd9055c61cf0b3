"""What a model read for a task: pure values, kept with the task."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from apps.lib.json import Json, JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """Where a value stands: a page of a file, and a box in shares of the page (0 to 1)."""

    file: str = ""
    page: int = 1
    box: tuple[float, float, float, float] | None = None  # left, top, right, bottom


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictedField:
    """One value. `is_doubtful`: a person must look at it before the task can be decided."""

    value: Json
    confidence: float  # 0 to 1, as the model said
    threshold: float | None = None
    source: str = ""  # “Invoice, line 14”
    region: Region | None = None
    is_doubtful: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Predicted:
    """All that one try read; `fields` by dotted path in the task's values.

    `is_blind`: a second look; whoever checks must not see the model's values before deciding.
    """

    model: str = ""
    model_version: str = ""
    prompt: str = ""
    document_class: str = ""
    gate_id: int | None = None
    gate_version: int = 0
    is_blind: bool = False
    fields: Mapping[str, PredictedField] = field(default_factory=dict)

    @property
    def doubtful(self) -> list[str]:
        return [path for path, each in self.fields.items() if each.is_doubtful]

    def stored(self) -> JsonObject:
        """Return it as the task keeps it."""
        return asdict(self)


def predicted_of(stored: Any) -> Predicted | None:
    """Read what a task keeps; None when no model read anything."""
    if not stored:
        return None
    given = _known(Predicted, stored)
    given["fields"] = {
        path: _field_of(each) for path, each in dict(given.get("fields") or {}).items()
    }
    return Predicted(**given)


def _field_of(stored: Mapping[str, Any]) -> PredictedField:
    given = _known(PredictedField, stored)
    region = given.get("region")
    if region is not None:
        said = _known(Region, region)
        said["box"] = tuple(said["box"]) if said.get("box") else None
        given["region"] = Region(**said)
    return PredictedField(**given)


def _known(of: type[Any], stored: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in stored.items() if name in of.__dataclass_fields__}
