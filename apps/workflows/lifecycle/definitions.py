"""Compiled workflows and decision models, kept in each process: versions never change."""

from datetime import tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from django.conf import settings

from apps.lib.dmn import DecisionModel, read_dmn
from apps.workflows.bpmn import compile_model, read_model
from apps.workflows.graph import Graph
from apps.workflows.models import DecisionVersion, WorkflowVersion

# A graph takes some hundred kilobytes
GRAPHS_KEPT = 200
MODELS_KEPT = 100


@lru_cache(GRAPHS_KEPT)
def graph_of(version_id: int) -> Graph:
    """Return the graph of a version."""
    version = WorkflowVersion.objects.select_related("workflow").get(pk=version_id)
    return graph_from(version.xml.encode(), version.workflow.key)


def graph_from(xml: bytes, key: str) -> Graph:
    """Return the graph of the process `key` of a model."""
    for graph in compile_model(read_model(xml)).graphs:
        if graph.key == key:
            return graph
    raise LookupError(key)


@lru_cache(MODELS_KEPT)
def decision_model_of(version_id: int) -> DecisionModel:
    """Return the compiled model that a version of a decision belongs to."""
    xml: str = DecisionVersion.objects.values_list("xml", flat=True).get(pk=version_id)
    return read_dmn(xml.encode())


def zone() -> tzinfo:
    """Return the zone of timers that name none: the organisation's."""
    return ZoneInfo(settings.ORGANISATION_TIME_ZONE)


def forget_definitions() -> None:
    """Compile anew; for tests, whose database starts its numbers over."""
    graph_of.cache_clear()
    decision_model_of.cache_clear()
