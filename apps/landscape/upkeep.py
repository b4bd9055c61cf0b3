"""What the scheduler does for the map; each may run anywhere, any number of times at once."""

from .counting import count_days
from .drawing import read_diagrams

__all__ = ["count_days", "read_diagrams"]
