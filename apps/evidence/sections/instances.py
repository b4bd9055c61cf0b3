"""Instances of workflows: by which definition, through which steps, with which variables."""

from collections.abc import Iterator
from typing import Final

from django.utils.translation import gettext_lazy as _

from apps.lib.json import JsonObject
from apps.workflows.models import (
    DecisionEvaluation,
    Incident,
    StepInstance,
    Token,
    WorkflowInstance,
    WorkflowVersion,
)
from apps.workflows.models import Scope as VariableScope

from .scope import Hidden, Scope, named

MOST_VISITS: Final = 10_000
MOST_SMALL: Final = 1_000
OF_INSTANCE = (
    *("id", "business_key", "status", "parent_id", "parent_token", "root_id", "started_at"),
    *("started_by", "start_node", "ended_at", "error_code", "error_message", "paused_at"),
    *("paused_by", "reason"),
)
OF_VISIT = (
    *("instance_id", "token", "scope", "node", "kind", "outcome", "entered_at", "ended_at"),
    *("came_by", "by", "note"),
)
OF_NOW = ("instance_id", "number", "scope", "node", "waits_for", "entered_at", "came_by")
OF_INCIDENT = (
    *("id", "instance_id", "token", "node", "phase", "code", "message", "opened_at"),
    *("resolved_at", "resolved_by", "how", "reason"),
)


def instances(scope: Scope) -> Iterator[JsonObject]:
    rows = WorkflowInstance.objects.filter(pk__in=list(scope.subjects.instances)).order_by("pk")
    related = rows.select_related("workflow", "version").defer("version__xml", "version__original")
    for each in related.iterator(chunk_size=50):
        schema = each.version.input_schema
        yield {
            **named(each, OF_INSTANCE),
            "workflow": each.workflow.key,
            "version": each.version.number,
            "digest": each.version.digest,
            "result": scope.values(each.result, schema),
            "variables": [*_variables(scope, each)],
        }


def definitions(scope: Scope) -> Iterator[JsonObject]:
    """Return the versions that they followed, diagram included: what was agreed to happen."""
    chosen = {each.version_id for each in scope.subjects.instances.values()}
    rows = WorkflowVersion.objects.filter(pk__in=chosen).select_related("workflow").order_by("pk")
    for each in rows.iterator(chunk_size=5):
        yield {
            "workflow": each.workflow.key,
            "title": each.workflow.title,
            "version": each.number,
            **named(each, ("digest", "version_tag", "source", "note", "deployed_at")),
            **named(each, ("deployed_by", "xml")),
        }


def visits(scope: Scope) -> Iterator[JsonObject]:
    """Return each visit of a step that is over; `delta`: what it changed of the variables."""
    schemas = _schemas(scope)
    rows = StepInstance.objects.filter(instance_id__in=list(scope.subjects.instances))
    ordered = rows.order_by("instance_id", "ended_at", "token")
    for each in scope.at_most(ordered, MOST_VISITS, _("Visits of steps")):
        delta = scope.values(each.delta, schemas[each.instance_id])
        yield {**named(each, OF_VISIT), "delta": delta}


def now(scope: Scope) -> Iterator[JsonObject]:
    rows = Token.objects.filter(instance_id__in=list(scope.subjects.instances))
    ordered = rows.order_by("instance_id", "number")
    for each in scope.at_most(ordered, MOST_SMALL, _("Steps that are open")):
        yield named(each, OF_NOW)


def incidents(scope: Scope) -> Iterator[JsonObject]:
    rows = Incident.objects.filter(instance_id__in=list(scope.subjects.instances)).order_by("pk")
    for each in scope.at_most(rows, MOST_SMALL, _("Steps that needed repair")):
        yield named(each, OF_INCIDENT)


def rules(scope: Scope) -> Iterator[JsonObject]:
    """Return the decision tables that were asked, which version, and what came of it."""
    hidden = {pk: Hidden.by(schema) for pk, schema in _schemas(scope).items()}
    rows = DecisionEvaluation.objects.filter(instance_id__in=list(scope.subjects.instances))
    related = rows.select_related("decision", "version").defer("version__xml").order_by("pk")
    for each in scope.at_most(related, MOST_SMALL, _("Decision tables asked")):
        yield {
            **named(each, ("instance_id", "token", "node", "by", "at")),
            "decision": each.decision.key,
            "version": each.version.number if each.version else None,
            "digest": each.version.digest if each.version else None,
            "evaluation": scope.text(each.evaluation, hidden[each.instance_id or 0]),
        }


def _variables(scope: Scope, instance: WorkflowInstance) -> list[JsonObject]:
    """Return the variables as they are, scope by scope; none once it is over."""
    rows = VariableScope.objects.filter(instance_id=instance.pk).order_by("number")
    schema = instance.version.input_schema
    return [
        {
            "scope": each.number,
            "node": each.node,
            "values": scope.values(each.variables, schema),
        }
        for each in scope.at_most(rows, MOST_SMALL, _("Variables"))
    ]


def _schemas(scope: Scope) -> dict[int, JsonObject]:
    versions = {each.version_id for each in scope.subjects.instances.values()}
    found = WorkflowVersion.objects.filter(pk__in=versions).values_list("pk", "input_schema")
    by_version = dict(found)
    return {pk: by_version[each.version_id] for pk, each in scope.subjects.instances.items()}
