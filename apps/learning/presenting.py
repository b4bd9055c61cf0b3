"""Gates and what verdicts say about them, as their pages show it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.queues.models import Gate

from .assessing import Assessment, FieldKey, Known
from .calibration import Share, share_of
from .drawing import Curve, calibration_curve, workload_curve
from .field_names import FieldName, FieldNames
from .lifecycle import chosen, mark_of
from .models import Verdict
from .thresholds import ONE_SIDED, Proposed, Workload

LATEST_WRONG = 10
# error rates to choose from, in percent
CHOICES = (0.1, 0.2, 0.5, 1, 2, 3, 5, 10)
USUAL_PERCENT = 1.0


def percent(share: float | None, digits: int = 1) -> str:
    """Return a share in words; a dash for None."""
    if share is None:
        return "–"
    text = number_format(round(100 * share, digits), digits, use_l10n=True)
    return _("%(n)s %%") % {"n": text}


def share_words(share: Share | None, digits: int = 1) -> str:
    """Return a measured share with the interval that it lies in."""
    if share is None or not share.looks:
        return _("not known yet")
    words = {
        "value": percent(share.value, digits),
        "low": percent(share.low, digits),
        "high": percent(share.high, digits),
    }
    return _("%(value)s (%(low)s to %(high)s)") % words


def threshold_words(threshold: float | None, none: str) -> str:
    """Return a threshold without needless digits."""
    if threshold is None:
        return none
    elif threshold <= 0:
        return _("all may pass")
    return percent(threshold, len(f"{100 * threshold:.4g}".partition(".")[2]))


def version_words(key: FieldKey) -> str:
    return " ".join(part for part in (key.model, key.model_version) if part) or "–"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownField:
    """One field of a gate: what is known of it, and what is proposed for it."""

    known: Known
    field: FieldName
    version: str
    passed: str
    accuracy: str
    threshold: str
    proposed: Proposed | None
    proposal: str
    note: str
    curve: Curve
    rows: Sequence[dict[str, Any]]
    drift: str
    is_worse: bool
    older: Sequence[tuple[str, int, str]]

    @property
    def looks(self) -> int:
        return len(self.known.looks)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownGate:
    """A gate in the list."""

    gate: Gate
    n_fields: int
    looks: int
    accuracy: str
    passed: str
    work: Workload
    sent: str
    per_day: str
    is_worse: bool


def shown_gates(gates: Sequence[Gate]) -> list[ShownGate]:
    """Return the gates as a list shows them, in the order given."""
    shown = {each.gate.pk: _shown_gate(each) for each in Assessment.of_all(gates)}
    return [shown[gate.pk] for gate in gates]


def _shown_gate(assessment: Assessment) -> ShownGate:
    work = assessment.work_now
    return ShownGate(
        gate=assessment.gate,
        n_fields=len(assessment.fields),
        looks=len(assessment.all_looks),
        accuracy=share_words(_accuracy(assessment)),
        passed=share_words(assessment.passed, 2),
        work=work,
        sent=percent(work.sent_share) if work.documents else "–",
        per_day=_per_day(work),
        is_worse=any(known.drift and known.drift.is_worse for known in assessment.fields),
    )


def gate_context(gate: Gate, wanted: float, document_class: str) -> dict[str, Any]:
    """Return all that a gate's page shows."""
    assessment = Assessment(gate, document_class=document_class)
    proposed = assessment.propose(wanted)
    now, then = assessment.work_now, assessment.work_at(proposed)
    points = assessment.curve()
    thresholds = chosen(proposed)
    names = FieldNames(gate)
    return {
        "gate": gate,
        "wanted": wanted,
        "wanted_words": percent(wanted, 2),
        "document_class": document_class,
        "classes": assessment.classes,
        "fields": _fields(assessment, proposed, names),
        "cells": _cells(assessment, now),
        "now": now,
        "then": then,
        "now_words": _work_words(now),
        "then_words": _work_words(then),
        "thresholds": thresholds,
        "is_partial": 0 < len(thresholds) < len(proposed),
        "is_change": _is_change(assessment, thresholds),
        "mark": mark_of(proposed),
        "curve": _work_curve(points, now, wanted) if len(points) > 1 else None,
        "curve_rows": [
            {"rate": percent(rate, 2), "sent": percent(work.sent_share), "day": _per_day(work)}
            for rate, work in points
        ],
        "confidence": percent(ONE_SIDED, 0),
        "wrong": [
            {"field": names.of_place(verdict.path), "verdict": verdict}
            for verdict in latest_wrong(gate, document_class)
        ],
        "adoptions": [_adoption(each, names) for each in gate.adoptions.all()[:20]],
    }


def latest_wrong(gate: Gate, document_class: str) -> list[Verdict]:
    """Return the values that were corrected last, personal ones without what they were."""
    wrong = Verdict.objects.filter(gate=gate, is_right=False).select_related("task")
    if document_class:
        wrong = wrong.filter(document_class=document_class)
    return list(wrong[:LATEST_WRONG])


def _fields(
    assessment: Assessment, proposed: Mapping[str, Proposed], names: FieldNames
) -> list[ShownField]:
    named = names.of(known.key.field for known in assessment.fields)
    return [
        _field(known, named[known.key.field], proposed.get(known.key.field))
        for known in assessment.fields
    ]


def _field(known: Known, name: FieldName, proposed: Proposed | None) -> ShownField:
    threshold = proposed.threshold if proposed else None
    drift = known.drift
    return ShownField(
        known=known,
        field=name,
        version=version_words(known.key),
        passed=share_words(known.passed, 2),
        accuracy=share_words(known.calibration.accuracy),
        threshold=threshold_words(known.threshold, _("not checked")),
        proposed=proposed,
        proposal=threshold_words(threshold, _("none")),
        note=proposal_note(proposed) if proposed else "",
        curve=calibration_curve(known.calibration.bins, now=known.threshold, proposed=threshold),
        rows=[
            {
                "range": f"{percent(each.low)} – {percent(each.high)}",
                "stated": percent(each.stated),
                "accuracy": share_words(each.accuracy),
                "looks": each.accuracy.looks,
                "is_precise": each.accuracy.is_precise,
            }
            for each in known.calibration.bins
        ],
        drift=_drift_words(known),
        is_worse=drift is not None and drift.is_worse,
        older=[(version_words(key), share.looks, share_words(share)) for key, share in known.older],
    )


def proposal_note(proposed: Proposed) -> str:
    """Return why a threshold is proposed, or why none is."""
    if proposed.threshold is not None and proposed.error is not None:
        words = {
            "error": percent(proposed.error.value, 2),
            "upper": percent(proposed.upper, 2),
            "looks": proposed.error.looks,
        }
        return (
            _("Of what passes %(error)s is wrong, surely below %(upper)s (%(looks)d looks)") % words
        )
    elif proposed.more is not None:
        return ngettext(
            "Too few verdicts: %(n)d more look at values that pass is needed",
            "Too few verdicts: about %(n)d more looks at values that pass are needed",
            proposed.more,
        ) % {"n": proposed.more}
    error = proposed.error.value if proposed.error else None
    return _("Can't be reached: even of the surest values %(error)s is wrong") % {
        "error": percent(error, 2)
    }


def _accuracy(assessment: Assessment) -> Share | None:
    looks = assessment.all_looks
    return share_of(looks, lambda look: look.is_right) if looks else None


def _cells(assessment: Assessment, now: Workload) -> list[dict[str, Any]]:
    accuracy, passed = _accuracy(assessment), assessment.passed
    return [
        {"label": _("Looks of people"), "value": len(assessment.all_looks)},
        {"label": _("Right, as models say"), "value": _stated(assessment)},
        {
            "label": _("Right, as measured"),
            "value": percent(accuracy.value if accuracy else None),
            "note": _interval(accuracy, 1),
        },
        {
            "label": _("Wrong among what passes"),
            "value": percent(passed.value if passed else None, 2),
            "note": _interval(passed, 2),
        },
        {
            "label": _("Looked at by people"),
            "value": percent(now.sent_share) if now.documents else "–",
            "note": _per_day(now),
        },
    ]


def _interval(share: Share | None, digits: int) -> str:
    if share is None:
        return ""
    words = {"low": percent(share.low, digits), "high": percent(share.high, digits)}
    return _("%(low)s to %(high)s") % words


def _stated(assessment: Assessment) -> str:
    looks = assessment.all_looks
    weight = sum(look.weight for look in looks)
    return percent(sum(look.confidence * look.weight for look in looks) / weight if looks else None)


def _per_day(work: Workload) -> str:
    if not work.documents:
        return _("nothing read lately")
    number = number_format(round(work.sent_per_day, 1), 1, use_l10n=True)
    return _("%(n)s documents a day") % {"n": number}


def _work_words(work: Workload) -> str:
    if not work.documents:
        return _("nothing read lately")
    return _("%(share)s of documents, %(per_day)s") % {
        "share": percent(work.sent_share),
        "per_day": _per_day(work),
    }


def _drift_words(known: Known) -> str:
    drift = known.drift
    if drift is None:
        return ""
    words = {"before": percent(drift.before.value), "after": percent(drift.after.value)}
    if drift.is_worse:
        return _("Worse than before: %(before)s right, now %(after)s") % words
    elif drift.is_better:
        return _("Better than before: %(before)s right, now %(after)s") % words
    return _("No change that can be told: %(before)s right, now %(after)s") % words


def _work_curve(points: Sequence[tuple[float, Workload]], now: Workload, wanted: float) -> Curve:
    shares = [(rate, work.sent_share) for rate, work in points]
    return workload_curve(shares, today=now.sent_share, chosen=wanted)


def _is_change(assessment: Assessment, thresholds: dict[str, float]) -> bool:
    return any(
        assessment.rules.threshold(field, assessment.document_class) != threshold
        for field, threshold in thresholds.items()
    )


def _adoption(adoption: Any, names: FieldNames) -> dict[str, Any]:
    promised = adoption.promised
    thresholds = promised.get("thresholds", {})
    named = names.of(thresholds)
    return {
        "adoption": adoption,
        "wanted": percent(adoption.wanted_error, 2) if adoption.wanted_error is not None else "",
        "thresholds": [
            (named[field], threshold_words(threshold, ""))
            for field, threshold in thresholds.items()
        ],
        "sent": percent(promised["sent_share"]) if "sent_share" in promised else "",
        "document_class": promised.get("document_class", ""),
    }
