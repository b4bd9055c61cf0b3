from collections.abc import Sequence
from pathlib import Path
from xml.etree.ElementTree import canonicalize

import pytest
from django.conf import settings

from apps.workflows.bpmn import Model, ModelError, Problem, compile_model, read_model
from apps.workflows.graph import Graph
from tests.workflows.models import process

MODELS = Path(settings.BASE_DIR).parent / "shared" / "models"
MIWG = sorted((MODELS / "bpmn-miwg").glob("*.bpmn"))
needs_models = pytest.mark.skipif(not MIWG, reason="the reference models are not here")


def canonical(xml: bytes) -> str:
    """Return elements, attributes, texts and comments in a form that can be compared."""
    return canonicalize(xml.decode("utf-8-sig"), with_comments=True)


@needs_models
def test_all_models_of_the_interchange_group_are_there():
    assert len(MIWG) == 21


@needs_models
@pytest.mark.parametrize("path", MIWG, ids=lambda path: path.stem)
def test_models_of_the_interchange_group_come_out_as_they_went_in(path):
    xml = path.read_bytes()

    out = read_model(xml).to_xml()

    assert canonical(out) == canonical(xml)
    assert canonical(read_model(out).to_xml()) == canonical(xml)


@needs_models
@pytest.mark.parametrize("path", MIWG, ids=lambda path: path.stem)
def test_models_of_the_interchange_group_compile_or_say_what_stands_against_them(path):
    model = read_model(path.read_bytes())

    graphs, problems = outcome(model)

    assert all(graph.nodes for graph in graphs)
    assert bool(graphs) != any(each.severity == "error" for each in problems)
    assert all(each.message and each.line for each in problems)
    assert {each.element for each in problems} <= {*model.elements, ""}


def outcome(model: Model) -> tuple[Sequence[Graph], Sequence[Problem]]:
    try:
        compiled = compile_model(model)
    except ModelError as error:
        return (), error.problems
    return compiled.graphs, compiled.warnings


def test_nothing_of_a_file_is_lost_not_even_what_nobody_understands():
    xml = (
        process()
        .start()
        .service("a", extra='<x:note xmlns:x="urn:x" x:y="1">a <x:b>b</x:b> c<!-- d --></x:note>')
        .hold("<bpmn:documentation><![CDATA[1 < 2 && 3]]></bpmn:documentation>")
        .end()
        .xml()
    )
    xml = xml.replace(b"<bpmn:definitions", b"<?tool version?><!-- first --><bpmn:definitions")

    out = read_model(xml + b"<!-- last -->").to_xml()

    assert canonical(out) == canonical(xml + b"<!-- last -->")
    assert b"<!-- first -->" in out
    assert b"<!-- last -->" in out
    assert b"<?tool version?>" in out
    assert b"<![CDATA[1 < 2 && 3]]>" in out
    assert b'xmlns:camunda="http://camunda.org/schema/1.0/bpmn"' in out
