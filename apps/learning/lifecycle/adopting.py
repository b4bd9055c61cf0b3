"""Proposed thresholds become those of the gate by one act of a person, and back again."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import orjson
from django.db import transaction
from django.utils.translation import gettext as _

from apps.learning.assessing import Assessment
from apps.learning.models import Adoption
from apps.learning.thresholds import Proposed
from apps.lib.actors import Actor
from apps.lib.errors import ConflictError, FieldProblem, InvalidError
from apps.lib.json import JsonObject
from apps.queues.lifecycle.gates import set_thresholds
from apps.queues.models import Gate

LOWEST_RATE, HIGHEST_RATE = 0.0001, 0.5


def check_rate(wanted: float) -> float:
    """Return `wanted`; raises InvalidError unless it is an error rate that can be asked for."""
    if not LOWEST_RATE <= wanted <= HIGHEST_RATE:
        message = _("Ask for an error rate from 0.01 % to 50 %.")
        raise InvalidError(message, fields=[FieldProblem("wanted_error", message)])
    return wanted


def adopt_thresholds(  # noqa: PLR0913 what was seen comes along
    gate: Gate,
    wanted: float,
    *,
    by: Actor,
    document_class: str = "",
    version: int | None = None,
    seen: str | None = None,
) -> Adoption:
    """Let the proposed thresholds hold; fields without a proposal keep theirs.

    `version`, of the gate, and `seen`, a mark of the proposal, are what the person looked at.
    Raises InvalidError when no field has a proposal, ConflictError when the gate or, by new
    verdicts, the proposal is another now.
    """
    # what is written below comes from this `gate`: changes of others since must not be undone
    version = gate.version if version is None else version
    assessment = Assessment(gate, document_class=document_class)
    proposed = assessment.propose(check_rate(wanted))
    thresholds = chosen(proposed)
    if not thresholds:
        raise InvalidError(_("No field has enough verdicts for a threshold with this error rate."))
    if seen is not None and seen != mark_of(proposed):
        message = _("New verdicts have changed the proposal meanwhile. Look at it again.")
        raise ConflictError(message)
    work = assessment.work_at(proposed)
    after = with_thresholds(gate.thresholds, thresholds, document_class)
    promised: JsonObject = {
        "document_class": document_class,
        "thresholds": dict(thresholds),
        "sent_share": round(work.sent_share, 4),
        "sent_per_day": round(work.sent_per_day, 2),
        "sent_share_before": round(assessment.work_now.sent_share, 4),
    }
    return _set(gate, after, by=by, version=version, wanted=wanted, promised=promised)


def put_back(adoption: Adoption, *, by: Actor, version: int | None = None) -> Adoption:
    """Let the thresholds hold again that did before; they are kept as an adoption, too."""
    return _set(adoption.gate, adoption.before, by=by, version=version, wanted=None, promised={})


def chosen(proposed: Mapping[str, Proposed]) -> dict[str, float]:
    """Return the thresholds that a proposal has, by field."""
    return {field: each.threshold for field, each in proposed.items() if each.threshold is not None}


def mark_of(proposed: Mapping[str, Proposed]) -> str:
    """Return a short text that changes with the proposed thresholds."""
    text = orjson.dumps(chosen(proposed), option=orjson.OPT_SORT_KEYS)
    return sha256(text).hexdigest()[:16]


def with_thresholds(
    stored: Any, thresholds: Mapping[str, float], document_class: str
) -> dict[str, Any]:
    """Return a gate's thresholds with these, for one document class or for all others."""
    result = dict(stored) if isinstance(stored, dict) else {}
    if document_class:
        classes = dict(result.get("classes") or {})
        classes[document_class] = {**(classes.get(document_class) or {}), **thresholds}
        result["classes"] = classes
    else:
        result["fields"] = {**(result.get("fields") or {}), **thresholds}
    return result


@transaction.atomic
def _set(  # noqa: PLR0913 one for each part of the record
    gate: Gate,
    after: dict[str, Any],
    *,
    by: Actor,
    version: int | None,
    wanted: float | None,
    promised: JsonObject,
) -> Adoption:
    before = Gate.objects.select_for_update().get(pk=gate.pk).thresholds
    reason = _("Put back what held before")
    if wanted is not None:
        reason = _("Adopted for an error rate of %(rate)s %%") % {"rate": f"{100 * wanted:g}"}
    changed = set_thresholds(gate, after, by=by, version=version, reason=reason)
    return Adoption.objects.create(
        folder_id=gate.folder_id,
        gate=gate,
        wanted_error=wanted,
        before=before,
        after=after,
        gate_version=changed.version,
        promised=promised,
        adopted_by=by.name[:150],
    )
