"""How large a drawing will be."""

import pytest

from apps.workflows import patterns
from apps.workflows.drawing import MARGIN_PX, Extent, extent_of


def test_the_size_of_a_drawing_takes_in_shapes_and_lines():
    xml = """<b:BPMNShape><dc:Bounds x="100" y="-20" width="80" height="60" /></b:BPMNShape>
    <di:waypoint x="180" y="10.5"/><di:waypoint x="300" y="140"></di:waypoint>"""

    assert extent_of(xml) == Extent(200 + MARGIN_PX, 160 + MARGIN_PX)


def test_what_comes_with_a_drawing_has_a_size():
    extent = extent_of(next(iter(patterns.BY_NAME.values())).xml.decode())

    assert extent
    assert extent.width > extent.height > MARGIN_PX


@pytest.mark.parametrize(
    "xml",
    ["", "<a/>", "<dc:Bounds/>", '<dc:Bounds x="1e9" y="NaN" width="' + "9" * 400 + '"/>'],
)
def test_without_a_drawing_there_is_none(xml):
    assert extent_of(xml) is None
