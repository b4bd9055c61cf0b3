"""The live parts of the pages of workflows: each registered once, rendered in one way only."""

from typing import Any
from urllib.parse import parse_qsl

from django.urls import reverse
from django.utils.translation import gettext as _

from apps.accounts.permissions import Action
from apps.events.fragments import Audience, Step, data_fragment, fragment, number_in

from . import catalog, marks, standing, story, why_fragments  # noqa: F401
from .listing import NEEDS_PERSON, NEEDS_REPAIR, InstanceFilter, find_instances, workflows_to_choose
from .models import Decision, DecisionEvaluation, Workflow, WorkflowInstance, WorkflowVersion
from .outline import elements_of, graph_of, name_of

Context = dict[str, Any]
MAX_EVALUATIONS = 20


@fragment(
    "workflows.table",
    template="workflows/workflow_list.html#table",
    action=Action.VIEW,
    topics=("workflows",),
)
def workflows_table(audience: Audience, arg: str) -> Context:
    folders = audience.folder_ids(Action.VIEW)
    found = Workflow.objects.filter(folder_id__in=folders)
    return {
        "rows": catalog.workflow_rows(list(found)),
        "may_design": bool(audience.folder_ids(Action.DESIGN)),
    }


@fragment(
    "workflow.header",
    template="workflows/workflow_detail.html#header",
    action=Action.VIEW,
    topics=("workflow:{arg}", "workflows"),
)
def workflow_header(audience: Audience, arg: str) -> Context | None:
    workflow = _workflow(audience, arg)
    if workflow is None:
        return None
    row = catalog.workflow_rows([workflow])[0]
    return {"workflow": workflow, "row": row, "cells": catalog.strip_of(row)}


@fragment(
    "workflow.elements",
    template="workflows/workflow_detail.html#elements",
    action=Action.VIEW,
    topics=("workflow:{workflow}",),
)
def workflow_elements(audience: Audience, arg: str) -> Context | None:
    """`arg`: `workflow=1&version=12`, the version by its row's number."""
    version = _version(audience, dict(parse_qsl(arg)).get("version", ""))
    if version is None:
        return None
    return {"rows": _element_rows(version.pk, marks.marks_of_version(version)), "shows_done": False}


@data_fragment("workflow.diagram", action=Action.VIEW, topics=("workflow:{workflow}",))
def workflow_diagram(audience: Audience, arg: str, cursor: str) -> Step | None:
    """`arg`: as for `workflow.elements`. The cursor is the digest of what the page shows."""
    version = _version(audience, dict(parse_qsl(arg)).get("version", ""))
    return None if version is None else marks.step_from(cursor, marks.marks_of_version(version))


@fragment(
    "instances.list",
    template="workflows/instance_list.html#list",
    action=Action.VIEW,
    topics=("workflows",),
)
def instances_list(audience: Audience, arg: str) -> Context:
    """`arg` is the list's query string."""
    wanted = InstanceFilter.parse(arg)
    folders = audience.folder_ids(Action.VIEW)
    page = find_instances(wanted, folders)
    base = reverse("instances:instance_list")
    rows = [
        {"row": row, "instance": row.instance, "now": _where(row.instance, row.tokens)}
        for row in page.rows
    ]
    return {
        "rows": rows,
        "wanted": wanted,
        "choices": _choices(wanted, folders),
        "clear_url": base if wanted.is_narrowed else "",
        "first_url": None if page.first_query is None else f"{base}?{page.first_query}",
        "next_url": None if page.next_query is None else f"{base}?{page.next_query}",
    }


@fragment(
    "instance.header",
    template="workflows/instance_detail.html#header",
    action=Action.VIEW,
    topics=("instance:{arg}",),
)
def instance_header(audience: Audience, arg: str) -> Context | None:
    instance = _instance(audience, arg)
    if instance is None:
        return None
    graph = graph_of(instance.version_id)
    may_operate = audience.can(Action.OPERATE, instance.folder_id)
    return {
        "instance": instance,
        "standing": standing.standing_of(instance, graph),
        "verbs": standing.verbs_for(instance, may_operate=may_operate),
        "tasks": standing.open_tasks(instance, graph),
        "incidents": [
            each for each in standing.incidents_of(instance, graph) if each["incident"].is_open
        ],
    }


@fragment(
    "instance.elements",
    template="workflows/workflow_detail.html#elements",
    action=Action.VIEW,
    topics=("instance:{arg}",),
)
def instance_elements(audience: Audience, arg: str) -> Context | None:
    instance = _instance(audience, arg)
    if instance is None:
        return None
    rows = _element_rows(instance.version_id, marks.marks_of_instance(instance))
    return {"rows": rows, "shows_done": True}


@data_fragment("instance.diagram", action=Action.VIEW, topics=("instance:{arg}",))
def instance_diagram(audience: Audience, arg: str, cursor: str) -> Step | None:
    """The cursor is the digest of what the page shows."""
    instance = _instance(audience, arg)
    return None if instance is None else marks.step_from(cursor, marks.marks_of_instance(instance))


@fragment(
    "instance.story",
    template="workflows/instance_detail.html#story",
    action=Action.VIEW,
    topics=("instance:{arg}",),
)
def instance_story(audience: Audience, arg: str) -> Context | None:
    instance = _instance(audience, arg)
    if instance is None:
        return None
    graph = graph_of(instance.version_id)
    return {"instance": instance, "story": story.story_of(instance, graph)}


@fragment(
    "instance.variables",
    template="workflows/instance_detail.html#variables",
    action=Action.VIEW,
    topics=("instance:{arg}",),
)
def instance_variables(audience: Audience, arg: str) -> Context | None:
    instance = _instance(audience, arg)
    if instance is None:
        return None
    return {"scopes": story.variables_of(instance, graph_of(instance.version_id))}


@fragment(
    "instance.history",
    template="workflows/instance_detail.html#history",
    action=Action.VIEW,
    topics=("instance:{arg}",),
)
def instance_history(audience: Audience, arg: str) -> Context | None:
    instance = _instance(audience, arg)
    if instance is None:
        return None
    incidents = standing.incidents_of(instance, graph_of(instance.version_id))
    return {
        "history": standing.history_entries(("instance", instance.pk)),
        "repaired": [each for each in incidents if not each["incident"].is_open],
        "children": [
            {"instance": child, "status": child.status}
            for child in instance.children.select_related("workflow").order_by("pk")[:50]
        ],
    }


@fragment(
    "decision.evaluations",
    template="workflows/decision_detail.html#evaluations",
    action=Action.VIEW,
    topics=("decision:{arg}",),
)
def decision_evaluations(audience: Audience, arg: str) -> Context | None:
    folders = audience.folder_ids(Action.VIEW)
    decision = Decision.objects.filter(pk=number_in(arg) or 0, folder_id__in=folders).first()
    if decision is None:
        return None
    found = DecisionEvaluation.objects.filter(decision=decision).select_related("version")
    return {"evaluations": found.order_by("-pk")[:MAX_EVALUATIONS]}


def _element_rows(version_id: int, counts: marks.Marks) -> list[dict[str, Any]]:
    return [
        {"element": element, "counts": counts.get(element.id, [0, 0, 0, 0])}
        for element in elements_of(graph_of(version_id))
    ]


def _where(instance: WorkflowInstance, tokens: list[Any]) -> str:
    """Say at which steps an instance is, without repeating any."""
    if not tokens:
        return ""
    graph = graph_of(instance.version_id)
    inner = [token for token in tokens if token.waits_for != "scope"] or tokens
    names = dict.fromkeys(name_of(graph, token.node) for token in inner)
    return ", ".join([*names][:3]) + ("…" if len(names) > 3 else "")


def _choices(wanted: InstanceFilter, folders: frozenset[int]) -> list[dict[str, Any]]:
    statuses = [
        (NEEDS_PERSON, _("Needs a person")),
        (NEEDS_REPAIR, _("Needs repair")),
        *WorkflowInstance.Status.choices,
    ]
    return [
        {
            "name": "workflow",
            "label": _("Workflow"),
            "value": str(wanted.workflow_id or ""),
            "options": [("", _("All")), *workflows_to_choose(folders)],
        },
        {
            "name": "status",
            "label": _("State"),
            "value": wanted.status,
            "options": [("", _("All")), *statuses],
        },
    ]


def _workflow(audience: Audience, number: str) -> Workflow | None:
    folders = audience.folder_ids(Action.VIEW)
    found: Workflow | None = Workflow.objects.filter(
        pk=number_in(number) or 0, folder_id__in=folders
    ).first()
    return found


def _version(audience: Audience, number: str) -> WorkflowVersion | None:
    folders = audience.folder_ids(Action.VIEW)
    return WorkflowVersion.objects.filter(
        pk=number_in(number) or 0, workflow__folder_id__in=folders
    ).first()


def _instance(audience: Audience, number: str) -> WorkflowInstance | None:
    folders = audience.folder_ids(Action.VIEW)
    found: WorkflowInstance | None = (
        WorkflowInstance.objects.filter(pk=number_in(number) or 0, folder_id__in=folders)
        .select_related("workflow", "version")
        .defer("version__xml", "version__original")
        .first()
    )
    return found
