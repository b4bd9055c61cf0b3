"""From a file to graphs: read, convert if it is one of Camunda 7, compile."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from .camunda7 import Note, convert_camunda7
from .compiling import Compiled, compile_model
from .extensions import without_effect
from .model import Model
from .problems import ModelError, Problem
from .reading import read_model


@dataclass(frozen=True, slots=True)
class Imported:
    """`model` is what was compiled; `original` what was handed in, None if that is the same.

    `report`: what the conversion did not take over as it stood.
    """

    model: Model
    compiled: Compiled
    report: tuple[Note, ...] = ()
    original: Model | None = None


def import_model(xml: bytes) -> Imported:
    """Return a model ready to be deployed.

    Raises ModelError with every problem; of a model of Camunda 7 the report is among the warnings.
    """
    model = read_model(xml)
    if model.dialect != "camunda":
        return Imported(model, compile_model(model))
    converted = convert_camunda7(model)
    try:
        compiled = compile_model(converted.model)
    except ModelError as error:
        raise _with_report(error, converted.report) from None
    warnings = tuple(_untold(compiled.warnings, converted.report))
    compiled = replace(compiled, warnings=warnings)
    return Imported(converted.model, compiled, converted.report, model)


def _with_report(error: ModelError, report: tuple[Note, ...]) -> ModelError:
    notes = [
        Problem(note.element, note.line, f"{note.attribute}: {note.message}", severity="warning")
        for note in report
    ]
    problems = [*_untold(error.problems, report), *notes]
    return ModelError(sorted(problems, key=lambda each: each.line))


def _untold(problems: Iterable[Problem], report: tuple[Note, ...]) -> list[Problem]:
    """Return the problems without those that the report tells with a reason."""
    told = {(note.element, without_effect(note.attribute)) for note in report}
    return [each for each in problems if (each.element, each.message) not in told]
