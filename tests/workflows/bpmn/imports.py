"""Imports all models of Camunda 7, and counts what stands against deploying them."""

from collections import Counter
from pathlib import Path

from django.conf import settings

from apps.workflows.bpmn import ModelError, Problem, compile_model, convert_camunda7, read_model
from tests.workflows.bpmn import matrix
from tests.workflows.bpmn.words import REASONS

MODELS = sorted(
    path
    for path in (Path(settings.BASE_DIR).parent / "shared/models/camunda7").rglob("*")
    if path.suffix in (".bpmn", ".xml")
)


def problems_of(xml: bytes) -> list[Problem]:
    """Return the errors that stand against a model of Camunda 7 after its conversion."""
    try:
        compile_model(convert_camunda7(read_model(xml)).model)
    except ModelError as error:
        return [each for each in error.problems if each.severity == "error"]
    return []


def reason_of(problem: Problem) -> str:
    """Return the reason that a problem counts under: a part of its sentence."""
    return next((reason for reason in REASONS if reason in problem.message), problem.message)


def import_figures() -> str:
    reasons: Counter[str] = Counter()
    deployable = 0
    for path in MODELS:
        problems = problems_of(path.read_bytes())
        deployable += not problems
        reasons.update({reason_of(each) for each in problems})
    return matrix.figures(deployable, len(MODELS), reasons)
