"""Forms made from JSON Schemas, on the server: one validator, and they work without a script.

What a form can't show, it shows as JSON; what it does not show, it leaves alone.
"""

from .form import Fault, SchemaForm
from .nodes import ROOT, DraftEntered, Entered, Group, Leaf, Rows
from .shapes import humanised, read_shape

__all__ = [
    "ROOT",
    "DraftEntered",
    "Entered",
    "Fault",
    "Group",
    "Leaf",
    "Rows",
    "SchemaForm",
    "humanised",
    "read_shape",
]
