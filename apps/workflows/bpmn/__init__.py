"""BPMN files: read safely, checked, compiled to graphs, converted from Camunda 7, written out.

Pure: no database, no clock, no network. See docs/bpmn-support.md for what is executed.
"""

from .camunda7 import Converted, Note, convert_camunda7
from .compiling import Compiled, compile_model
from .importing import Imported, import_model
from .model import Model, ProcessInfo
from .problems import ModelError, Problem
from .reading import read_model

__all__ = [
    "Compiled",
    "Converted",
    "Imported",
    "Model",
    "ModelError",
    "Note",
    "Problem",
    "ProcessInfo",
    "compile_model",
    "convert_camunda7",
    "import_model",
    "read_model",
]
