"""The demo's classifiers: trained when the demo is set up, kept in the database, read by bots."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from apps.accounts.models import Folder
from apps.demo.claims.making import N_EXAMPLES as N_CLAIMS
from apps.demo.claims.making import made_texts
from apps.demo.models import TrainedModel
from apps.lib.errors import NotFoundError
from apps.lib.texts import gettext as _

from .classifier import Report, TextClassifier, classifier_from, train
from .cost_centres import N_EXAMPLES, made_lines

SEED = 1
COST_CENTRES, CLAIMS = "cost-centres", "claims"
EXAMPLES: dict[str, Callable[[], list[tuple[str, str]]]] = {
    COST_CENTRES: lambda: made_lines(count=N_EXAMPLES, seed=SEED),
    CLAIMS: lambda: made_texts(count=N_CLAIMS, seed=SEED),
}


@dataclass(frozen=True, slots=True)
class Reader:
    """A classifier with the name and version that go with every value it reads."""

    classifier: TextClassifier
    model: str
    version: str


def train_missing(folder: Folder) -> None:
    """Train what the folder has no classifier for; takes some seconds."""
    for key in EXAMPLES:
        if TrainedModel.objects.filter(folder=folder, key=key).exists():
            continue
        found, report = trained(key)
        TrainedModel.objects.get_or_create(
            folder=folder,
            key=key,
            version=1,
            defaults={
                "arrays": found,
                "n_trained": report.n_trained,
                "accuracy": report.accuracy,
                "calibration_error": report.calibration_error,
            },
        )


@cache
def trained(key: str) -> tuple[bytes, Report]:
    """The same examples give the same classifier: once is enough for all folders."""
    cases = EXAMPLES[key]()
    found, report = train([text for text, _ in cases], [label for _, label in cases], seed=SEED)
    return found.to_bytes(), report


def reader_of(folder_id: int, key: str) -> Reader:
    """Return the newest classifier of the folder. Raises NotFoundError before it is trained."""
    newest = TrainedModel.objects.filter(folder_id=folder_id, key=key).order_by("-version")
    row = newest.values_list("pk", "version").first()
    if row is None:
        raise NotFoundError(_("The classifier “%(key)s” has not been trained yet.") % {"key": key})
    pk, version = row
    return Reader(_loaded(pk), f"controlroom-demo/{key}", str(version))


@cache
def _loaded(pk: int) -> TextClassifier:
    """Rows never change: once read, a process keeps them."""
    return classifier_from(bytes(TrainedModel.objects.get(pk=pk).arrays))
