"""Models of Camunda 7, made models of the zeebe dialect as far as that goes, with a report."""

from .converting import Converted, convert_camunda7
from .editing import Note

__all__ = ["Converted", "Note", "convert_camunda7"]
