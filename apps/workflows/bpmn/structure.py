"""Whether the drawing hangs together."""

from .drawing import Drawing
from apps.workflows.graph import Flow, Node


def check_structure(drawing: Drawing, nodes: dict[str, Node], flows: dict[str, Flow]) -> None:
    pass
