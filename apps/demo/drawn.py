"""The demo's workflows: drawn in this folder's `workflows/`, deployed when the demo is loaded."""

from pathlib import Path

from apps.accounts.models import Folder
from apps.lib.actors import SYSTEM
from apps.workflows.lifecycle import deploy
from apps.workflows.models import Workflow, WorkflowVersion

MODELS = Path(__file__).parent / "workflows"
INVOICES, STATEMENTS = "invoice-to-ledger", "month-end-statements"
CLAIMS = "claim-to-settlement"


def deploy_drawn(folder: Folder) -> None:
    """Deploy what the folder lacks; a workflow that people have changed stays as it is."""
    for key in (INVOICES, STATEMENTS, CLAIMS):
        if not Workflow.objects.filter(folder=folder, key=key).exists():
            xml = (MODELS / f"{key}.bpmn").read_bytes()
            deploy(folder, xml, by=SYSTEM, source=WorkflowVersion.Source.DEMO)


def invoice_workflow(folder: Folder) -> Workflow:
    found: Workflow = Workflow.objects.get(folder=folder, key=INVOICES)
    return found
