"""What the tests of models share: compiling a text, and its problems."""

import pytest

from apps.workflows.bpmn import Compiled, ModelError, Problem, compile_model, read_model
from apps.workflows.graph import Graph, Node
from tests.workflows.markup import HEAD
from tests.workflows.models import ProcessBuilder


def compiled(model: ProcessBuilder | bytes) -> Compiled:
    return compile_model(read_model(model if isinstance(model, bytes) else model.xml()))


def graph_of(model: ProcessBuilder | bytes) -> Graph:
    return compiled(model).graphs[0]


def node_of(model: ProcessBuilder | bytes, id: str) -> Node:
    return graph_of(model).node(id)


def problems_of(model: ProcessBuilder | bytes) -> list[Problem]:
    """Return the errors of a model that must not compile."""
    with pytest.raises(ModelError) as caught:
        compiled(model)
    return [each for each in caught.value.problems if each.severity == "error"]


def refused(xml: bytes) -> Problem:
    """Return why a file can't even be read."""
    with pytest.raises(ModelError) as caught:
        read_model(xml)
    return caught.value.problems[0]


def drawn(body: str, *, roots: str = "") -> bytes:
    """Return a file with one executable process that holds `body`, which begins in line 4."""
    process = f'<bpmn:process id="p" isExecutable="true">\n{body}\n</bpmn:process>'
    return f"{HEAD}{process}\n{roots}</bpmn:definitions>".encode()


def steps(body: str, *, roots: str = "") -> bytes:
    """Return a file in which a token goes from a start through `body` (the id "x") to an end."""
    flows = (
        '<bpmn:sequenceFlow id="in" sourceRef="s" targetRef="x" />'
        '<bpmn:sequenceFlow id="out" sourceRef="x" targetRef="e" />'
    )
    return drawn(f'<bpmn:startEvent id="s" /><bpmn:endEvent id="e" />{flows}\n{body}', roots=roots)
