"""JSON Schema 2020-12 for data that people and bots send: checked, explained, and bounded.

`check_schema` says what is wrong with a schema, `check_payload` what is wrong with data; both
answer with one plain sentence a field. `personal_paths` and `mask` read the mark `x-personal`.
"""

from .checker import Checker, check_payload, check_schema, compile_schema, require_schema
from .personal import MASK, mask, personal_paths, unmask

__all__ = [
    "MASK",
    "Checker",
    "check_payload",
    "check_schema",
    "compile_schema",
    "mask",
    "personal_paths",
    "require_schema",
    "unmask",
]
