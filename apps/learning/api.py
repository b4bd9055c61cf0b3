"""Calls about what gates' verdicts say, and adopting the thresholds that they propose."""

from typing import Annotated, Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from ninja import Field, Path, Query, Router

from apps.accounts.http import TokenRequest
from apps.accounts.permissions import Action, require
from apps.lib.errors import NotFoundError
from apps.lib.http import StrictModel, answer
from apps.queues.models import Gate

from . import lifecycle
from .assessing import Assessment, Known
from .calibration import Share
from .rights import require_change
from .thresholds import ONE_SIDED, Proposed, Workload

router = Router(tags=["Learning"])

Key = Annotated[str, Path(description="The key of the gate.", max_length=100)]
Class = Annotated[str, Query("", max_length=100, description="Only documents of this class.")]


class AdoptIn(StrictModel):
    wanted_error: float = Field(description="0.01: of 100 values that pass, at most 1 is wrong")
    document_class: str = Field("", max_length=100)
    version: int | None = Field(None, description="of the gate, as it was looked at")


@router.get("/gates/{key}/calibration", summary="Confidence against accuracy, and thresholds")
def calibration(
    request: TokenRequest,
    key: Key,
    wanted_error: Annotated[float, Query(0.01, description="0.01: at most 1 of 100 is wrong")],
    document_class: Class,
) -> HttpResponse:
    """By field, for the newest version of its model: bins of stated confidence with measured
    accuracy and its interval, and the lowest threshold that keeps the wanted error rate.
    `threshold` is null when there are too few verdicts (`more` says how many are missing) or when
    no threshold would do. `workload` says what share of documents people would look at.
    """
    require(request.rights, Action.VIEW, request.folder.pk)
    gate = _gate(request, key)
    wanted = lifecycle.check_rate(wanted_error)
    assessment = Assessment(gate, document_class=document_class)
    proposed = assessment.propose(wanted)
    return answer(
        {
            "gate": gate.key,
            "version": gate.version,
            "wanted_error": wanted,
            "one_sided_confidence": ONE_SIDED,
            "document_class": document_class,
            "passed_error": _share(assessment.passed),
            "workload": {
                "now": _work(assessment.work_now),
                "proposed": _work(assessment.work_at(proposed)),
            },
            "curve": [{"wanted_error": rate, **_work(work)} for rate, work in assessment.curve()],
            "fields": {
                known.key.field: _field(known, proposed[known.key.field])
                for known in assessment.fields
            },
        }
    )


@router.post("/gates/{key}/adopt", summary="Adopt the proposed thresholds")
def adopt(request: TokenRequest, key: Key, body: AdoptIn) -> HttpResponse:
    """Fields without a proposal keep their thresholds; 422 when none has one, 409 when the gate
    is not at `version` any more. Recorded with what was before.
    """
    require_change(request.rights, request.folder.pk)
    adoption = lifecycle.adopt_thresholds(
        _gate(request, key),
        body.wanted_error,
        by=request.actor,
        document_class=body.document_class,
        version=body.version,
    )
    return answer(
        {
            "gate": key,
            "version": adoption.gate_version,
            "thresholds": adoption.after,
            "before": adoption.before,
            "promised": adoption.promised,
        }
    )


def _gate(request: TokenRequest, key: str) -> Gate:
    found: Gate | None = None
    if "\x00" not in key:
        found = Gate.objects.filter(folder=request.folder, key=key).first()
    if found is None:
        raise NotFoundError(_("There is no gate “%(key)s” here.") % {"key": key})
    return found


def _field(known: Known, proposed: Proposed) -> dict[str, Any]:
    calibrated = known.calibration
    return {
        "model": known.key.model,
        "model_version": known.key.model_version,
        "looks": len(known.looks),
        "threshold": known.threshold,
        "passed_error": _share(known.passed),
        "accuracy": _share(calibrated.accuracy),
        "brier": round(calibrated.brier, 6),
        "calibration_error": round(calibrated.gap, 6),
        "drift": known.drift
        and {
            "change": round(known.drift.change, 6),
            "low": round(known.drift.low, 6),
            "high": round(known.drift.high, 6),
            "is_worse": known.drift.is_worse,
        },
        "bins": [
            {
                "low": each.low,
                "high": each.high,
                "stated": round(each.stated, 6),
                "accuracy": _share(each.accuracy),
                "is_precise": each.accuracy.is_precise,
            }
            for each in calibrated.bins
        ],
        "proposed": {
            "threshold": proposed.threshold,
            "error": _share(proposed.error),
            "upper": round(proposed.upper, 6),
            "more": proposed.more,
        },
    }


def _share(share: Share | None) -> dict[str, Any] | None:
    if share is None:
        return None
    return {
        "value": round(share.value, 6),
        "low": round(share.low, 6),
        "high": round(share.high, 6),
        "looks": share.looks,
    }


def _work(work: Workload) -> dict[str, Any]:
    return {
        "sent_share": round(work.sent_share, 6),
        "stopped_share": round(work.stopped_share, 6),
        "sent_per_day": round(work.sent_per_day, 3),
        "documents": work.documents,
    }
