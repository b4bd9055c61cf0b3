"""Instances that can't go on until somebody repairs them."""

from apps.accounts.models import Folder, User
from apps.workflows.lifecycle import deploy, start_instance
from apps.workflows.models import WorkflowInstance
from tests.workflows.models import process

COMPARES = (
    process("compares", name="Compares")
    .start()
    .exclusive("choose", name="Is it much?")
    .when("amount > 10").end("much")
    .at("choose").when("amount <= 10").end("little")
    .xml()
)  # fmt: skip


def broken_instance(folder: Folder, by: User) -> WorkflowInstance:
    """Return an instance that stands at a choice, since a text is no number."""
    workflow = deploy(folder, COMPARES, by=by.actor, source="api").workflow
    return start_instance(workflow, {"amount": "many"}, by=by.actor, business_key="BROKEN")
