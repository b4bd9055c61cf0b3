"""docs/bpmn-support.md says what the code does."""

import pytest

from apps.workflows.bpmn import extensions, form_js, support
from tests.workflows.bpmn import matrix
from tests.workflows.bpmn.imports import MODELS, import_figures
from tests.workflows.bpmn.words import ELEMENTS, EXTENSIONS, REASONS

HOW = "run `python -m tests.workflows.bpmn.matrix` and look at what changed"


def test_the_tables_of_the_page_are_those_of_the_code():
    page = matrix.PAGE.read_text()

    assert matrix.render(page, {name: make() for name, make in matrix.parts().items()}) == page, HOW


@pytest.mark.skipif(not MODELS, reason="the models of Camunda 7 are not here")
def test_the_figures_of_the_page_are_those_of_the_models():
    page, figures = matrix.PAGE.read_text(), import_figures()
    print(figures)  # noqa: T201

    assert matrix.render(page, {"figures": figures}) == page, HOW


def test_there_are_words_for_everything_and_for_nothing_else():
    assert set(ELEMENTS) == set(support.EXECUTED)
    assert set(EXTENSIONS) == set(extensions.KNOWN)


def test_reasons_that_no_model_has_any_more_are_not_published():
    page = matrix.PAGE.read_text()

    assert all(words in page for words in REASONS.values())


def test_elements_are_either_executed_refused_or_drawn():
    groups = [set(support.EXECUTED), support.REFUSED, support.DRAWN, support.WITHOUT_EFFECT]

    assert sum(map(len, groups)) == len(set().union(*groups))
    assert not set(form_js.SIMPLE) & set(form_js.LOOKS)
