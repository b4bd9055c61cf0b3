"""BPMN files: read safely, checked, compiled to graphs, converted from Camunda 7, written out.

Pure: no database, no clock, no network. See docs/bpmn-support.md for what is executed.
"""

from .compiling import Compiled, compile_model
from .model import Model, ProcessInfo
from .problems import ModelError, Problem
from .reading import read_model

__all__ = [
    "Compiled",
    "Model",
    "ModelError",
    "Problem",
    "ProcessInfo",
    "compile_model",
    "read_model",
]
