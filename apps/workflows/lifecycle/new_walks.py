"""New instances, before their first step."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from apps.lib.errors import FieldProblem, InvalidError, NotFoundError
from apps.lib.json import JsonObject, check_json
from apps.lib.schema import check_payload
from apps.workflows.models import WorkflowVersion
from apps.workflows.statements import DRAW_IDS

from .definitions import graph_of
from .loading import InstanceFacts
from .running import dumped, run
from .walks import Walk

MAX_VARIABLES_BYTES = 1_000_000
MAX_BUSINESS_KEY = 200


def latest_version(folder_id: int, key: str, number: int | None = None) -> WorkflowVersion:
    """Return version `number` (None: the latest) of a workflow; NotFoundError if there is none."""
    versions = known_versions().filter(workflow__folder_id=folder_id, workflow__key=key)
    if number is not None:
        versions = versions.filter(number=number)
    found = versions.order_by("-number").first()
    if found is None:
        message = _("There is no workflow “%(key)s” here; deploy it first.")
        if number is not None:
            message = _("There is no version %(number)d of workflow “%(key)s”.")
        raise NotFoundError(message % {"key": key, "number": number})
    return found


def known_versions() -> QuerySet[WorkflowVersion]:
    """Return versions with their workflows, and without their texts, which may be large."""
    return WorkflowVersion.objects.select_related("workflow").defer("xml", "original")


def new_walk(  # noqa: PLR0913 - what a row of an instance says
    version: WorkflowVersion,
    *,
    now: datetime,
    variables: JsonObject,
    instance_id: int | None = None,
    business_key: str = "",
    started_by: str = "",
    start_node: str = "",
    caller: tuple[InstanceFacts, int] | None = None,
) -> Walk:
    """Return a walk that is ready for `Started`; InvalidError if the variables do not fit."""
    insist_on_variables(version, variables)
    number = draw_ids(1)[0] if instance_id is None else instance_id
    parent, token = caller or (None, None)
    facts = InstanceFacts(
        id=number,
        folder_id=version.workflow.folder_id,
        workflow_id=version.workflow_id,
        version_id=version.pk,
        status="running",
        next_number=1,
        size=0,
        is_wide=False,
        parent_id=parent.id if parent else None,
        parent_token=token,
        root_id=parent.root_id if parent else number,
        depth=parent.depth + 1 if parent else 0,
    )
    start: dict[str, Any] = {
        "business_key": business_key[:MAX_BUSINESS_KEY],
        "started_by": started_by[:150],
        "start_node": start_node,
        "started_at": now,
    }
    return Walk(facts, graph_of(version.pk), is_new=True, start=start)


def draw_ids(n: int) -> Sequence[int]:
    return [row[0] for row in run(DRAW_IDS, {"n": n})]


def insist_on_variables(version: WorkflowVersion, variables: JsonObject) -> None:
    """Raise InvalidError, naming the fields, unless an instance may begin with these variables."""
    insist_on_size(variables)
    problems = check_payload(version.input_schema, variables, at="variables")
    if problems:
        first = problems[0]
        raise InvalidError(f"{first.path}: {first.message}.", fields=problems)


def insist_on_size(variables: JsonObject, name: str = "variables") -> None:
    """Raise InvalidError unless these are variables that can be kept; `name`: of the field."""
    if not isinstance(variables, dict):
        raise _wrong(name, _("must be an object"))
    check_json(variables, name)
    try:
        n_bytes = len(dumped(variables))
    except TypeError as error:
        raise _wrong(name, _("can't be stored as JSON: %(why)s") % {"why": error}) from None
    if n_bytes > MAX_VARIABLES_BYTES:
        words = {"n": f"{n_bytes:,}", "limit": f"{MAX_VARIABLES_BYTES:,}"}
        message = _(
            "would take %(n)s bytes as JSON, and %(limit)s is the limit; keep large data "
            "elsewhere, and refer to it"
        )
        raise _wrong(name, message % words)


def _wrong(name: str, why: str) -> InvalidError:
    problem = FieldProblem(name, why)
    return InvalidError(f"{problem.path}: {problem.message}.", fields=[problem])
