"""Texts in, labels with confidences out: n-grams of letters and a logistic regression.

A trained classifier is a few arrays, stored without pickle: whoever can write to the database
must not be able to run code in a bot.

scikit-learn takes longer to import than all the rest of the control room, so that it is imported
by whoever reads or trains, in the place, and not by every process that starts.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

N_FEATURES = 2**12
SHARE_HELD_BACK = 0.45
LEAST, MOST = 0.05, 0.995
BINS = 10


@dataclass(frozen=True, slots=True)
class Read:
    """What a text is about, and how likely that is to be right."""

    label: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Report:
    """How good a classifier is on texts that it was not trained on.

    `calibration_error`: by how much stated confidence and measured accuracy differ on average,
    over ten bins of equal width weighted by their cases (expected calibration error).
    """

    n_trained: int
    n_held_back: int
    accuracy: float
    calibration_error: float


@dataclass(frozen=True)
class TextClassifier:
    """`weights` has a row for each label and a column for each feature.

    `chances` are points of a rising line: what the regression says, and how often that was right.
    """

    labels: tuple[str, ...]
    weights: Any  # float32, labels × N_FEATURES
    biases: Any  # float32, labels
    chances: Any  # float64, 2 × points

    def read(self, texts: Sequence[str]) -> list[Read]:
        """Return what each text is about, in order."""
        if not texts:
            return []
        best, said = self._guesses(texts)
        honest = np.interp(said, self.chances[0], self.chances[1])
        return [
            Read(self.labels[column], float(chance))
            for column, chance in zip(best, honest, strict=True)
        ]

    def to_bytes(self) -> bytes:
        """Return it to be stored; see `classifier_from`."""
        file = io.BytesIO()
        np.savez_compressed(
            file,
            labels=np.array(self.labels),
            weights=self.weights,
            biases=self.biases,
            chances=self.chances,
        )
        return file.getvalue()

    def _guesses(self, texts: Sequence[str]) -> tuple[Any, Any]:
        """Return the likeliest label of each text, and what the regression makes of it."""
        from scipy.special import softmax

        scores = _vectorizer().transform(texts) @ self.weights.T + self.biases
        said = softmax(scores, axis=1)
        return said.argmax(axis=1), said.max(axis=1)


def classifier_from(stored: bytes) -> TextClassifier:
    """Read what `to_bytes` made. Raises ValueError for anything else."""
    with np.load(io.BytesIO(stored), allow_pickle=False) as arrays:
        return TextClassifier(
            labels=tuple(str(label) for label in arrays["labels"]),
            weights=arrays["weights"],
            biases=arrays["biases"],
            chances=arrays["chances"],
        )


def train(
    texts: Sequence[str], labels: Sequence[str], *, seed: int
) -> tuple[TextClassifier, Report]:
    """Train on most of the texts, fit the confidences on most of the rest, measure on what is left.

    No part knows the others' cases. Needs at least three labels, with some texts each.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import train_test_split

    known, held, known_labels, held_labels = train_test_split(
        list(texts), list(labels), test_size=SHARE_HELD_BACK, random_state=seed, stratify=labels
    )
    fitting, testing, fitting_labels, testing_labels = train_test_split(
        held, held_labels, test_size=1 / 3, random_state=seed, stratify=held_labels
    )
    regression = LogisticRegression(C=4.0, max_iter=500)
    regression.fit(_vectorizer().transform(known), known_labels)
    rough = TextClassifier(
        labels=tuple(str(label) for label in regression.classes_),
        weights=regression.coef_.astype(np.float32),
        biases=regression.intercept_.astype(np.float32),
        chances=np.array([[0.0, 1.0], [0.0, 1.0]]),
    )
    fitted = replace(rough, chances=_honest_chances(rough, fitting, fitting_labels))
    return fitted, _report(fitted, testing, testing_labels, n_trained=len(known))


def _honest_chances(rough: TextClassifier, texts: Sequence[str], labels: Sequence[str]) -> Any:
    """Return by a rising line how often a guess was right, given what the regression said of it.

    Isotonic regression on the likeliest label, as in Zadrozny and Elkan, Transforming Classifier
    Scores into Accurate Multiclass Probability Estimates (2002). Nobody is ever wholly sure.
    """
    from sklearn.isotonic import IsotonicRegression

    best, said = rough._guesses(texts)
    right = [rough.labels[column] == label for column, label in zip(best, labels, strict=True)]
    rising = IsotonicRegression(y_min=LEAST, y_max=MOST, out_of_bounds="clip").fit(said, right)
    return np.array([rising.X_thresholds_, rising.y_thresholds_])


def _report(
    classifier: TextClassifier, texts: Sequence[str], labels: Sequence[str], *, n_trained: int
) -> Report:
    reads = classifier.read(texts)
    right = np.array([read.label == label for read, label in zip(reads, labels, strict=True)])
    stated = np.array([read.confidence for read in reads])
    bins = np.minimum((stated * BINS).astype(int), BINS - 1)
    off = [
        abs(stated[bins == number].mean() - right[bins == number].mean()) * (bins == number).sum()
        for number in np.unique(bins)
    ]
    return Report(
        n_trained=n_trained,
        n_held_back=len(texts),
        accuracy=float(right.mean()),
        calibration_error=float(sum(off) / len(texts)),
    )


def _vectorizer() -> Any:
    """Stateless: the same in every process, nothing of it has to be stored."""
    from sklearn.feature_extraction.text import HashingVectorizer

    return HashingVectorizer(
        analyzer="char_wb", ngram_range=(2, 4), n_features=N_FEATURES, alternate_sign=False
    )
