"""Making and changing AI gates: what is changed holds from the next result on.

Each change is one event with what was and what is, and counts the gate's version, which every
prediction keeps.
"""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from apps.accounts.models import Folder
from apps.events.bus import publish
from apps.lib.actors import Actor
from apps.lib.errors import ConflictError, FieldProblem, InvalidError
from apps.lib.json import Json, JsonObject
from apps.lib.problems import column_problems
from apps.lib.schema import require_schema
from apps.queues import engine
from apps.queues.engine.gates import is_share
from apps.queues.models import Gate

SETTABLE = frozenset({"title", "thresholds", "sample_share", "form", "is_on"})


@transaction.atomic
def create_gate(folder: Folder, key: str, *, by: Actor, **values: Any) -> Gate:
    """Make a gate; `values` are among SETTABLE. Raises InvalidError by field, ConflictError when
    the folder has one with this key.
    """
    _check(values)
    gate = Gate(folder=folder, key=key, **{"title": key, **values})
    _check_words(gate)
    try:
        with transaction.atomic():
            gate.save(force_insert=True)
    except IntegrityError:
        message = _("There is a gate with this key in this folder.")
        problem = FieldProblem("key", _("is taken"))
        raise ConflictError(message, fields=[problem]) from None
    said = {name: value for name, value in _stored(gate).items() if value not in ("", {})}
    _record("gate.created", gate, by, _changes({}, said))
    return gate


@transaction.atomic
def change_gate(
    gate: Gate, *, by: Actor, version: int | None = None, reason: str = "", **values: Any
) -> Gate:
    """Change what is given of `values` (among SETTABLE); nothing differs: nothing happens.

    `version` is what the person saw. Raises ConflictError if somebody changed the gate meanwhile,
    InvalidError by field.
    """
    _check(values)
    current: Gate = Gate.objects.select_for_update().get(pk=gate.pk)
    if version is not None and current.version != version:
        raise ConflictError(
            _("Somebody changed this gate meanwhile. Load it again to see it, then change it.")
        )
    before = _stored(current)
    changes = _changes(before, values)
    if all(before[name] == value for name, value in values.items()):
        return current
    for name, value in values.items():
        setattr(current, name, value)
    _check_words(current)
    current.version += 1
    current.save(update_fields=[*values, "version"])
    _record("gate.changed", current, by, changes, reason=reason)
    return current


def set_thresholds(
    gate: Gate,
    thresholds: Mapping[str, Any],
    *,
    by: Actor,
    version: int | None = None,
    reason: str = "",
) -> Gate:
    """Let these thresholds (see engine.gates) hold from the next result on."""
    return change_gate(gate, by=by, version=version, reason=reason, thresholds=dict(thresholds))


def set_field_threshold(  # noqa: PLR0913 - one for each part of a change
    gate: Gate,
    field: str,
    threshold: float,
    *,
    by: Actor,
    document_class: str = "",
    version: int | None = None,
    reason: str = "",
) -> Gate:
    """Let one field, of one document class if that is given, need to be so sure."""
    stored = Gate.objects.values_list("thresholds", flat=True).get(pk=gate.pk)
    thresholds: JsonObject = dict(stored) if isinstance(stored, dict) else {}
    if document_class:
        classes = dict(thresholds.get("classes") or {})  # type: ignore[arg-type]
        of_class = dict(classes.get(document_class) or {})  # type: ignore[arg-type]
        classes[document_class] = {**of_class, field: threshold}
        thresholds["classes"] = classes
    else:
        fields = dict(thresholds.get("fields") or {})  # type: ignore[arg-type]
        thresholds["fields"] = {**fields, field: threshold}
    return set_thresholds(gate, thresholds, by=by, version=version, reason=reason)


def _check(values: Mapping[str, Any]) -> None:
    unknown = values.keys() - SETTABLE
    if unknown:
        raise ValueError(f"A gate has no {', '.join(sorted(unknown))}.")
    if "thresholds" in values:
        engine.parse_thresholds(values["thresholds"])
    if values.get("form"):
        require_schema(values["form"], at="form")
    if "sample_share" in values and not is_share(values["sample_share"]):
        problem = FieldProblem("sample_share", _("must be a number from 0 to 1"))
        raise InvalidError(f"sample_share: {problem.message}.", fields=[problem])


def _check_words(gate: Gate) -> None:
    try:
        gate.clean_fields(exclude=["folder", "thresholds", "form", "created_at"])
    except ValidationError as error:
        problems = column_problems(error)
        first = problems[0]
        raise InvalidError(f"{first.path}: {first.message}.", fields=problems) from None


def _stored(gate: Gate) -> dict[str, Any]:
    return {name: getattr(gate, name) for name in sorted(SETTABLE)}


def _changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Json]:
    """Return `{field, before, after}` for what differs; of thresholds, each by its path."""
    was = _flat(before.get("thresholds"))
    now = _flat(after.get("thresholds", before.get("thresholds")))
    paths: list[Json] = [
        {"field": path, "before": was.get(path), "after": now.get(path)}
        for path in sorted(was.keys() | now.keys())
        if was.get(path) != now.get(path)
    ]
    return [*_plain_changes(before, after), *paths]


def _flat(value: Any, path: str = "thresholds") -> dict[str, Json]:
    if not isinstance(value, dict):
        return {} if value is None and path == "thresholds" else {path: value}
    return {
        inner: each
        for name, said in value.items()
        for inner, each in _flat(said, f"{path}.{name}").items()
    }


def _plain_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Json]:
    return [
        {"field": name, "before": before.get(name), "after": value}
        for name, value in sorted(after.items())
        if name != "thresholds" and (name not in before or before[name] != value)
    ]


def _record(kind: str, gate: Gate, by: Actor, changes: list[Json], *, reason: str = "") -> None:
    publish(
        kind,
        subject=("gate", gate.pk),
        folder_id=gate.folder_id,
        by=by,
        data={
            "gate": gate.title,
            "version": gate.version,
            "changes": changes,
            "reason": reason.strip()[:2000],
        },
        topics=["gates"],
    )
