"""How large a drawing is, so that a page keeps the place for it before it is drawn."""

import re
from dataclasses import dataclass

PLACE = re.compile(r"<(?:[\w-]+:)?(?:Bounds|waypoint)\b([^>]*)>")
NUMBER = re.compile(r"""\b(x|y|width|height)=["'](-?\d{1,6}(?:\.\d+)?)["']""")
# what the viewer leaves free around a drawing, on both sides together
MARGIN_PX = 48


@dataclass(frozen=True)
class Extent:
    width: int
    height: int


def extent_of(xml: str) -> Extent | None:
    """Return the size of what is drawn in a model, with a margin, or None when nothing is."""
    lefts, tops, rights, bottoms = [], [], [], []
    for match in PLACE.finditer(xml):
        said = {name: float(number) for name, number in NUMBER.findall(match[1])}
        if "x" not in said or "y" not in said:
            continue
        lefts.append(said["x"])
        tops.append(said["y"])
        rights.append(said["x"] + said.get("width", 0))
        bottoms.append(said["y"] + said.get("height", 0))
    if not lefts:
        return None
    width, height = max(rights) - min(lefts), max(bottoms) - min(tops)
    return Extent(round(width) + MARGIN_PX, round(height) + MARGIN_PX)
