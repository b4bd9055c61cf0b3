"""From which confidence on values may go through without a person: pure.

The proposed threshold for a wanted error rate is the lowest of CANDIDATES at which the error rate
of what passes is below the wanted one. For each candidate that is said with ONE_SIDED confidence:
Wilson's upper bound of the weighted error rate of all looks at or above it. As the lowest of many
candidates is taken, the proposal as a whole holds less often than each of them would;
`benchmarks/calibration.py` measures how often.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from .calibration import Look, Share, share_of, wilson, z_of

ONE_SIDED = 0.99
CANDIDATES = (
    *(round(step / 20, 2) for step in range(10)),
    *(round(0.5 + step / 100, 2) for step in range(49)),
    *(round(0.99 + step / 1000, 3) for step in range(10)),
    0.9995,
    0.9999,
)
MAX_MORE = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposed:
    """A threshold, or why there is none.

    `threshold` None: `more` looks at values that would pass are needed, or, when that is None,
    even the surest values are wrong too often. `error` is that of what passes at the threshold;
    without one, that of the surest values that there are enough looks of. `upper`: it is below
    that with ONE_SIDED confidence.
    """

    threshold: float | None
    error: Share | None
    upper: float
    more: int | None = None


def propose_threshold(looks: Sequence[Look], wanted: float) -> Proposed:
    """Return the lowest threshold that keeps what passes below an error rate of `wanted`."""
    return Passing(looks).propose(wanted)


def looks_needed(wanted: float, error: float = 0.0) -> int:
    """Return how many looks prove that the rate is below `wanted` if `error` of them are wrong.

    MAX_MORE where no number would.
    """
    if not error < wanted:
        return MAX_MORE
    low, high = 1, MAX_MORE
    z = z_of(ONE_SIDED)
    while low < high:
        middle = (low + high) // 2
        if wilson(error, middle, z)[1] <= wanted:
            high = middle
        else:
            low = middle + 1
    return low


def errors_of_passed(looks: Sequence[Look], threshold: float | None) -> Share | None:
    """Return the error rate of what passes; None where nobody has looked at any of it."""
    chosen = [look for look in looks if threshold is None or look.confidence >= threshold]
    return share_of(chosen, lambda look: not look.is_right) if chosen else None


class Reading(NamedTuple):
    """One value of one document: its field, and how sure the model said it was."""

    field: str
    confidence: float


class Document(NamedTuple):
    """What a model read in one document; thresholds may differ by its class."""

    document_class: str
    readings: list[Reading]


# of a document class and a field; None: the field is not checked
ThresholdOf = Callable[[str, str], float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """What people get to see: documents stopped, and samples of those that went through."""

    documents: int
    stopped: int
    sampled: float
    per_day: float  # documents

    @property
    def sent_share(self) -> float:
        """The share of documents that people look at, for either reason."""
        return (self.stopped + self.sampled) / self.documents if self.documents else 0.0

    @property
    def stopped_share(self) -> float:
        return self.stopped / self.documents if self.documents else 0.0

    @property
    def sent_per_day(self) -> float:
        return self.sent_share * self.per_day


def workload(
    documents: Iterable[Document], threshold_of: ThresholdOf, *, sample_share: float, days: float
) -> Workload:
    """Return how many of these documents, of so many days, people would get to see.

    A document is stopped when any of its values is below the threshold of its field.
    """
    known: dict[tuple[str, str], float | None] = {}

    def is_stopped(document: Document) -> bool:
        for field, confidence in document.readings:
            place = (document.document_class, field)
            if place not in known:
                known[place] = threshold_of(*place)
            threshold = known[place]
            if threshold is not None and confidence < threshold:
                return True
        return False

    n = stopped = 0
    for document in documents:
        n += 1
        stopped += is_stopped(document)
    return Workload(
        documents=n,
        stopped=stopped,
        sampled=(n - stopped) * sample_share,
        per_day=n / days if days > 0 else 0.0,
    )


class Passing:
    """Error rates of what passes, for all candidates in one walk from the surest down."""

    def __init__(self, looks: Sequence[Look]) -> None:
        self._shares: dict[float, Share] = {}
        ordered = sorted(looks, key=lambda look: -look.confidence)
        weight = squares = wrong = 0.0
        at = 0
        for candidate in reversed(CANDIDATES):
            while at < len(ordered) and ordered[at].confidence >= candidate:
                look = ordered[at]
                weight += look.weight
                squares += look.weight * look.weight
                wrong += 0.0 if look.is_right else look.weight
                at += 1
            if at:
                self._shares[candidate] = _measured(wrong / weight, weight**2 / squares, at)
            if at == len(ordered):
                break  # lower than anything that was looked at: nobody knows

    def propose(self, wanted: float) -> Proposed:
        """Return the lowest threshold that keeps what passes below an error rate of `wanted`."""
        best: Proposed | None = None
        for candidate, share in self._shares.items():  # from the surest down
            upper = _upper(share)
            if upper <= wanted:
                best = Proposed(threshold=candidate, error=share, upper=upper)
        return best or _why_none(list(self._shares.values()), wanted)


def _measured(error: float, effective: float, looks: int) -> Share:
    low, high = wilson(error, effective, z_of(0.975))
    return Share(value=error, low=low, high=high, looks=looks, effective=effective)


def _upper(share: Share) -> float:
    return wilson(share.value, share.effective, z_of(ONE_SIDED))[1]


def _why_none(found: Sequence[Share], wanted: float) -> Proposed:
    """Say how many more looks it would take, going by the errors so far; None: none would do."""
    if not found:
        return Proposed(threshold=None, error=None, upper=1.0, more=looks_needed(wanted))
    options = [
        (needed - share.effective, share)
        for share in found
        for needed in [looks_needed(wanted, share.value)]
        if needed < MAX_MORE
    ]
    if not options:
        share = min(found, key=_upper)
        return Proposed(threshold=None, error=share, upper=_upper(share))
    missing, share = min(options, key=lambda option: option[0])
    # looks of different weight tell less than their number: so many of the same mix are needed
    more = math.ceil(max(1.0, missing) * share.looks / share.effective)
    return Proposed(threshold=None, error=share, upper=_upper(share), more=more)
