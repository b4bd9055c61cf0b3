"""AI gates: how sure a model must be for what it read to go on without a person.

A gate's thresholds are `{"default": 0.8, "fields": {field: 0.9}, "classes": {document class:
{field: 0.95}}, "required": [field]}`. A field is a dotted path; `lines.*.cost_centre` means that
of every line. For a document class its own fields count first, then its `*`, then `fields`, then
`default` (null: fields that are not named are not checked). What the model did not read at all is
doubtful when it is `required`; without that word, all fields that are named are.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, Literal

from apps.lib.errors import FieldProblem, InvalidError
from apps.lib.json import Json, JsonObject
from apps.lib.texts import gettext as _

Goes = Literal["passed", "person", "sampled"]

DEFAULT_THRESHOLD = 0.8
ABOVE_ALL = math.nextafter(1, 2)  # no confidence reaches it
ANY = "*"
MAX_FIELDS = 500
MAX_CLASSES = 100
MAX_FIELD, MAX_SOURCE, MAX_MODEL, MAX_VERSION, MAX_CLASS = 200, 300, 200, 100, 100
MAX_PROMPT = 20_000
MAX_FILE = 255
MAX_PAGE = 1_000_000

KNOWN = {"default", "fields", "classes", "required"}
KNOWN_OF_RESULT = {"model", "model_version", "prompt", "document_class", "fields"}
KNOWN_OF_FIELD = (KNOWN_OF_RESULT - {"fields"}) | {"value", "confidence", "source", "region"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One value that a model read, and how sure it said it was."""

    field: str
    value: Json = None
    confidence: float
    source: str = ""
    region: JsonObject | None = None
    model: str = ""
    model_version: str = ""
    prompt: str = ""
    document_class: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """How sure a model must be. `required` None: of every field that is named."""

    default: float | None = DEFAULT_THRESHOLD
    fields: Mapping[str, float] = field(default_factory=dict)
    classes: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    required: frozenset[str] | None = None

    def threshold(self, name: str, document_class: str = "") -> float | None:
        """Return how sure the model must be of this field; None: it need not be."""
        general = general_field(name)
        of_class = self.classes.get(document_class, {}) if document_class else {}
        for known, key in (
            *((of_class, key) for key in (name, general, ANY)),
            *((self.fields, key) for key in (name, general)),
        ):
            if key in known:
                return known[key]
        return self.default

    def needed(self, document_class: str = "") -> list[str]:
        """Return the fields that must have been read, in the order of their names."""
        named = self.fields.keys() | self.classes.get(document_class, {}).keys()
        wanted = named if self.required is None else self.required - self._of_others(named)
        # of a list that may be empty nothing is needed
        return sorted(name for name in wanted if ANY not in name.split("."))

    def _of_others(self, named: Set[str]) -> set[str]:
        """Return the fields that only other document classes have."""
        return {name for fields in self.classes.values() for name in fields if name not in named}


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What the gate says about one field; a `reading` of None was not given."""

    field: str
    reading: Reading | None
    threshold: float | None
    is_doubtful: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class GateVerdict:
    """Where the result goes: on, on with a second look, or to a person first."""

    goes: Goes
    fields: tuple[Checked, ...]

    @property
    def doubtful(self) -> tuple[Checked, ...]:
        return tuple(each for each in self.fields if each.is_doubtful)


def evaluate(
    rules: Rules, readings: Sequence[Reading], *, sample_share: float, draw: float
) -> GateVerdict:
    """Say where a result with these readings goes; `draw` (0 to 1) decides about samples."""
    fields = checked_fields(rules, readings)
    if any(each.is_doubtful for each in fields):
        return GateVerdict(goes="person", fields=fields)
    return GateVerdict(goes="sampled" if draw < sample_share else "passed", fields=fields)


def checked_fields(rules: Rules, readings: Sequence[Reading]) -> tuple[Checked, ...]:
    """Return what the gate says about each reading, then about what should have been read."""
    document_class = next((each.document_class for each in readings if each.document_class), "")
    checked = []
    for reading in readings:
        threshold = rules.threshold(reading.field, reading.document_class or document_class)
        is_doubtful = threshold is not None and reading.confidence < threshold
        checked.append(
            Checked(
                field=reading.field,
                reading=reading,
                threshold=threshold,
                is_doubtful=is_doubtful,
            )
        )
    given = {reading.field for reading in readings}
    for name in rules.needed(document_class):
        if name not in given:
            threshold = rules.threshold(name, document_class)
            checked.append(Checked(field=name, reading=None, threshold=threshold, is_doubtful=True))
    return tuple(checked)


def draw_of(gate_id: int, item_id: int, attempt: int) -> float:
    """Return a number from 0 to 1 that is always the same for the same try of an item."""
    said = f"{gate_id}:{item_id}:{attempt}".encode()
    return int.from_bytes(blake2b(said, digest_size=8).digest()) / 2**64


def general_field(name: str) -> str:
    """Return the field with any place in a list: `lines.3.total` is `lines.*.total`."""
    if "." not in name:
        return name
    return ".".join(ANY if part.isdigit() else part for part in name.split("."))


def completed(output: Json, readings: Sequence[Reading]) -> JsonObject | None:
    """Return `output` with what was read and is missing in it; None if it is no object.

    What the output says stays; places in lists that it does not have are not made.
    """
    if output is not None and not isinstance(output, dict):
        return None
    whole: JsonObject = dict(output or {})
    for reading in readings:
        _fill(whole, reading.field.split("."), reading.value)
    return whole


def _fill(whole: JsonObject, path: list[str], value: Json) -> None:
    """Set the value where nothing is; changed branches are copied, `whole` was before."""
    *branches, last = path
    here = whole
    for name in branches:
        inner = here.get(name, {})
        if not isinstance(inner, dict):
            return
        here[name] = inner = dict(inner)
        here = inner
    here.setdefault(last, value)


# --- thresholds


def parse_thresholds(value: Json, at: str = "thresholds") -> Rules:
    """Return the rules that `value` holds; raises InvalidError naming each wrong field."""
    problems = list(_threshold_problems(value, at))
    if problems:
        raise InvalidError(f"{problems[0].path}: {problems[0].message}.", fields=problems)
    assert isinstance(value, dict)
    return _rules(value)


def read_thresholds(value: Any) -> Rules:
    """Return the stored rules; an item must not get stuck on broken ones: then all is doubtful."""
    if any(_threshold_problems(value, "")):
        return Rules(default=ABOVE_ALL)
    return _rules(value)


def _rules(value: Mapping[str, Any]) -> Rules:
    required = value.get("required")
    return Rules(
        default=value.get("default", DEFAULT_THRESHOLD),
        fields=dict(value.get("fields") or {}),
        classes={name: dict(said) for name, said in (value.get("classes") or {}).items()},
        required=None if required is None else frozenset(required),
    )


def _threshold_problems(value: Any, at: str) -> Iterator[FieldProblem]:
    if not isinstance(value, dict):
        yield FieldProblem(at, _("must be an object with default, fields, classes and required"))
        return
    yield from _unknown(value, KNOWN, at)
    default = value.get("default", DEFAULT_THRESHOLD)
    if default is not None and not is_share(default):
        yield FieldProblem(f"{at}.default", _("must be a number from 0 to 1, or null"))
    yield from _field_problems(value.get("fields") or {}, f"{at}.fields")
    classes = value.get("classes") or {}
    if not isinstance(classes, dict) or len(classes) > MAX_CLASSES:
        message = _("must be an object of at most %(n)d document classes") % {"n": MAX_CLASSES}
        yield FieldProblem(f"{at}.classes", message)
        return
    for name, fields in classes.items():
        if not 0 < len(name) <= MAX_CLASS:
            yield FieldProblem(f"{at}.classes", _too_long(MAX_CLASS))
        yield from _field_problems(fields, f"{at}.classes.{name}")
    yield from _required_problems(value.get("required"), f"{at}.required")


def _field_problems(fields: Any, at: str) -> Iterator[FieldProblem]:
    if not isinstance(fields, dict) or len(fields) > MAX_FIELDS:
        yield FieldProblem(at, _("must be an object of at most %(n)d fields") % {"n": MAX_FIELDS})
        return
    for name, share in fields.items():
        if not 0 < len(name) <= MAX_FIELD:
            yield FieldProblem(at, _too_long(MAX_FIELD))
        if not is_share(share):
            yield FieldProblem(f"{at}.{name}", _("must be a number from 0 to 1"))


def _required_problems(required: Any, at: str) -> Iterator[FieldProblem]:
    if required is None:
        return
    is_list = isinstance(required, list) and len(required) <= MAX_FIELDS
    if not is_list or not all(_is_text(name, MAX_FIELD) and name for name in required):
        yield FieldProblem(at, _("must be a list of at most %(n)d fields") % {"n": MAX_FIELDS})


# --- readings


def parse_readings(value: Json, at: str = "predictions") -> tuple[Reading, ...]:
    """Return what a model read; raises InvalidError naming each wrong field.

    `value` is `{"model", "model_version", "prompt", "document_class", "fields": {path: {"value",
    "confidence", "source", "region": {"file", "page", "box"}}}}`; a field may name a model of its
    own.
    """
    problems = list(_reading_problems(value, at))
    if problems:
        raise InvalidError(f"{problems[0].path}: {problems[0].message}.", fields=problems)
    assert isinstance(value, dict)
    return tuple(_readings(value))


def _readings(value: Mapping[str, Any]) -> Iterable[Reading]:
    usual = {key: said for key, said in value.items() if key != "fields" and said is not None}
    for name, said in value["fields"].items():
        own = {key: each for key, each in said.items() if each is not None}
        given = {**usual, **own, "confidence": float(said["confidence"])}
        yield Reading(field=name, **given)


def _reading_problems(value: Any, at: str) -> Iterator[FieldProblem]:
    if not isinstance(value, dict) or not isinstance(value.get("fields"), dict):
        yield FieldProblem(at, _("must be an object with “fields”"))
        return
    yield from _unknown(value, KNOWN_OF_RESULT, at)
    yield from _text_problems(value, at)
    if len(value["fields"]) > MAX_FIELDS:
        yield FieldProblem(f"{at}.fields", _("at most %(n)d fields") % {"n": MAX_FIELDS})
        return
    for name, said in value["fields"].items():
        yield from _one_reading_problems(name, said, f"{at}.fields.{name}")


def _one_reading_problems(name: str, said: Any, at: str) -> Iterator[FieldProblem]:
    if not 0 < len(name) <= MAX_FIELD:
        yield FieldProblem(at[:MAX_FIELD], _too_long(MAX_FIELD))
        return
    if not isinstance(said, dict):
        yield FieldProblem(at, _("must be an object with “value” and “confidence”"))
        return
    yield from _unknown(said, KNOWN_OF_FIELD, at)
    if not is_share(said.get("confidence")):
        yield FieldProblem(f"{at}.confidence", _("must be a number from 0 to 1"))
    yield from _text_problems(said, at)
    if said.get("region") is not None:
        yield from _region_problems(said["region"], f"{at}.region")


def _text_problems(said: Mapping[str, Any], at: str) -> Iterator[FieldProblem]:
    for key, limit in (
        ("model", MAX_MODEL),
        ("model_version", MAX_VERSION),
        ("prompt", MAX_PROMPT),
        ("document_class", MAX_CLASS),
        ("source", MAX_SOURCE),
    ):
        if said.get(key) is not None and not _is_text(said[key], limit):
            yield FieldProblem(
                f"{at}.{key}", _("must be text of at most %(n)d characters") % {"n": limit}
            )


def _region_problems(region: Any, at: str) -> Iterator[FieldProblem]:
    if not isinstance(region, dict):
        yield FieldProblem(at, _("must be an object with file, page and box"))
        return
    yield from _unknown(region, {"file", "page", "box"}, at)
    page = region.get("page", 1)
    if not isinstance(page, int) or isinstance(page, bool) or not 1 <= page <= MAX_PAGE:
        yield FieldProblem(f"{at}.page", _("must be a whole number from 1"))
    if not _is_text(region.get("file", ""), MAX_FILE):
        yield FieldProblem(f"{at}.file", _too_long(MAX_FILE))
    box = region.get("box")
    if box is not None and not _is_box(box):
        yield FieldProblem(f"{at}.box", _("must be left, top, right, bottom, each from 0 to 1"))


def _is_box(box: Any) -> bool:
    is_four = isinstance(box, list) and len(box) == 4 and all(is_share(side) for side in box)
    return is_four and box[0] <= box[2] and box[1] <= box[3]


def is_share(value: Any) -> bool:
    """Whether it is a number from 0 to 1: neither NaN nor infinite, nor true."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and math.isfinite(value) and 0 <= value <= 1


def _is_text(value: Any, limit: int) -> bool:
    return isinstance(value, str) and len(value) <= limit and "\x00" not in value


def _too_long(limit: int) -> str:
    return _("a name has 1 to %(n)d characters") % {"n": limit}


def _unknown(value: Mapping[str, Any], known: set[str], at: str) -> Iterator[FieldProblem]:
    for key in sorted(value.keys() - known):
        names = ", ".join(sorted(known))
        yield FieldProblem(f"{at}.{key}", _("is not known here; use %(names)s") % {"names": names})
