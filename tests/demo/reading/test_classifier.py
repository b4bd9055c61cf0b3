import numpy as np
import pytest

from apps.demo.reading.classifier import TextClassifier, classifier_from, train
from apps.demo.reading.cost_centres import COST_CENTRES, N_EXAMPLES, UNCLEAR, made_lines


@pytest.fixture(scope="module")
def trained():
    lines = made_lines(count=N_EXAMPLES, seed=1)
    return train([text for text, _ in lines], [centre for _, centre in lines], seed=1)


def test_it_reads_most_lines_right_and_says_how_sure_it_is(trained):
    classifier, report = trained

    assert set(classifier.labels) == set(COST_CENTRES)
    assert report.accuracy > 0.88
    assert report.calibration_error < 0.04


def test_its_confidence_holds_on_lines_that_it_has_never_seen(trained):
    classifier, _report = trained
    fresh = made_lines(count=4_000, seed=2)
    reads = classifier.read([text for text, _ in fresh])
    right = np.array([read.label == truth for read, (_, truth) in zip(reads, fresh, strict=True)])
    stated = np.array([read.confidence for read in reads])

    assert abs(stated.mean() - right.mean()) < 0.02
    is_unsure = stated < 0.8
    assert is_unsure.sum() > 200
    assert abs(stated[is_unsure].mean() - right[is_unsure].mean()) < 0.06


def test_it_is_sure_of_clear_words_and_unsure_of_those_that_may_mean_anything(trained):
    classifier, _report = trained

    clear = classifier.read(["Copy paper A4, 80 g, box", "Pallet transport", "Notary fee"])
    unclear = classifier.read(list(UNCLEAR))

    assert [read.label for read in clear] == ["4100", "4400", "4700"]
    assert min(read.confidence for read in clear) > 0.9
    assert sum(read.confidence < 0.8 for read in unclear) >= len(unclear) - 2


def test_a_stored_classifier_reads_the_same(trained):
    classifier, _report = trained
    again = classifier_from(classifier.to_bytes())
    texts = [text for text, _ in made_lines(count=50, seed=3)]

    assert again.read(texts) == classifier.read(texts)
    assert len(classifier.to_bytes()) < 400_000


def test_what_is_stored_can_run_no_code():
    file = np.array([object()], dtype=object)
    stored = TextClassifier(("a",), file, np.zeros(1), np.zeros((2, 1))).to_bytes()

    with pytest.raises(ValueError, match="allow_pickle"):
        classifier_from(stored)


def test_no_text_is_nothing_read(trained):
    classifier, _report = trained

    assert classifier.read([]) == []
