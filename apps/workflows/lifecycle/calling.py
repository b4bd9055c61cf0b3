"""Call activities: the called instance is one of its own, and its end is told to its caller."""

from collections.abc import Iterable
from datetime import datetime

from django.utils.translation import gettext as _

from apps.lib.errors import ConflictError
from apps.workflows.engine import catches_error
from apps.workflows.engine.changes import StartChild
from apps.workflows.engine.events import Cancelled, ChildEnded
from apps.workflows.models import Token, WorkflowInstance

from .definitions import graph_of
from .happenings import Happening, tell_later
from .loading import InstanceFacts
from .new_walks import latest_version, new_walk
from .walks import Walk

# A workflow that calls itself for ever ends here
MAX_DEPTH = 50


def called(caller: Walk, command: StartChild, now: datetime) -> Walk:
    """Return the walk of the called instance, not started yet; DomainError if there is none."""
    facts = caller.facts
    if facts.depth >= MAX_DEPTH:
        message = _("%(n)d workflows call one another in a row; the chain ends here.")
        raise ConflictError(message % {"n": MAX_DEPTH})
    version = latest_version(facts.folder_id, command.workflow, command.version)
    caller_and_token = (facts, command.token)
    return new_walk(version, now=now, variables=command.variables, caller=caller_and_token)


def caller_catches(facts: InstanceFacts, code: str) -> bool:
    """Say whether error `code` would be caught around the call of this instance, or farther out
    around the call of its caller.

    Read without a lock: the answer decides only whether this instance fails or waits for repair.
    """
    caller, token = facts.parent_id, facts.parent_token
    while caller is not None and token is not None:
        found = Token.objects.filter(instance_id=caller, number=token).values_list(
            "node", "instance__version_id", "instance__parent_id", "instance__parent_token"
        ).first()  # fmt: skip
        if found is None:
            return False
        node, version_id, caller, token = found
        if catches_error(graph_of(version_id), node, code):
            return True
    return False


def end_called(callers: Iterable[tuple[int, int]], now: datetime, *, by: str) -> None:
    """Have the instances that these tokens (instance, number) called end soon."""
    wanted = list(callers)
    if not wanted:
        return
    found = WorkflowInstance.objects.filter(
        parent_id__in={instance_id for instance_id, _token in wanted}, ended_at__isnull=True
    ).values_list("id", "parent_id", "parent_token")
    tell_later(
        [
            Happening(
                child_id,
                Cancelled(
                    at=now, reason=_("The workflow that called it went on without it."), by=by
                ),
            )
            for child_id, parent_id, token in found
            if (parent_id, token) in wanted
        ]
    )


def end_of(walk: Walk, at: datetime) -> Happening | None:
    """Return what the end of this instance is to its caller, if it has one."""
    facts = walk.facts
    if facts.parent_id is None or facts.parent_token is None:
        return None
    code, message = walk.error
    status = facts.status
    assert status in ("completed", "failed", "cancelled")
    event = ChildEnded(
        at=at,
        token=facts.parent_token,
        status=status,  # type: ignore[arg-type]
        variables=walk.result or {},
        code=code,
        message=message,
    )
    return Happening(facts.parent_id, event)
