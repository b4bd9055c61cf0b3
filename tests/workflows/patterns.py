"""Workflows to look at, deployed and walked by the real engine."""

from typing import Any

from apps.accounts.models import Folder, User
from apps.workflows import patterns
from apps.workflows.lifecycle import deploy, start_instance
from apps.workflows.models import Workflow, WorkflowInstance

REQUEST = {"number": "R-1", "purpose": "Chairs", "amount": 5000, "limit": 1000}


def deploy_pattern(folder: Folder, by: User, name: str = "approval") -> Workflow:
    deployed = deploy(folder, patterns.BY_NAME[name].xml, by=by.actor, source="page")
    assert deployed.warnings == []
    return deployed.workflow


def start_approval(folder: Folder, by: User, **given: Any) -> WorkflowInstance:
    """Return an instance of the approval pattern; above the limit, it waits for a person."""
    workflow = Workflow.objects.filter(folder=folder, key="approval").first()
    workflow = workflow or deploy_pattern(folder, by)
    variables = {**REQUEST, **given}
    return start_instance(workflow, variables, by=by.actor, business_key=str(variables["number"]))
