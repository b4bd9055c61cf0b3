"""Repairing incidents: do it again, go on with a given result, or throw an error."""

from collections.abc import Sequence
from typing import Literal

from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from apps.events.bus import publish
from apps.lib.actors import Actor
from apps.lib.clock import database_now
from apps.lib.errors import ConflictError, FieldProblem, InvalidError
from apps.lib.json import JsonObject
from apps.lib.schema import unmask
from apps.workflows.engine.events import Repaired
from apps.workflows.models import Incident, WorkflowInstance

from .happenings import Happening
from .incidents import INTERNAL
from .loading import InstanceFacts, load, lock
from .new_walks import insist_on_size
from .people import MAX_REASON, let_timers_go, take_pending
from .person_work import close_tasks, seen_by
from .saying import say_repaired
from .stepping import let_happen, step_locked

How = Literal["retry", "go_on", "throw"]
MAX_CODE = 200


@transaction.atomic
def repair(  # noqa: PLR0913 - what each way of repairing needs
    incident: Incident,
    *,
    how: How,
    by: Actor,
    variables: JsonObject | None = None,
    code: str = "",
    reason: str = "",
) -> Incident:
    """Let the token go on. `variables`: to set before the retry, or the result to go on with.

    The task in the inbox, if it is open, is closed. Raises ConflictError if somebody was first.
    """
    given = variables or {}
    insist_on_size(given)
    _insist_on_code(how, code)
    found = lock([incident.instance_id])
    _resolve(incident, how=how, by=by, reason=reason)
    close_tasks([(incident.instance_id, incident.token)], "repaired")
    if incident.code == INTERNAL:
        _repeat(incident, how)
    else:
        event = Repaired(
            at=database_now(),
            token=incident.token,
            how=how,
            variables=_unmasked(given, incident, found),
            code=code,
            by=by.name,
        )
        if not step_locked(found, [Happening(incident.instance_id, event)], by=by):
            raise ConflictError(_("The step has moved on meanwhile; there is nothing to repair."))
    data: JsonObject = {"node": incident.node, "how": how, "reason": reason[:MAX_REASON]}
    _record(incident, {**data, "code": code}, by)
    say_repaired(incident, how, reason[:MAX_REASON], by)
    incident.refresh_from_db()
    return incident


def _unmasked(given: JsonObject, incident: Incident, found: Sequence[InstanceFacts]) -> JsonObject:
    """Put back what the person was not shown, and so sends back as dots."""
    if not given:
        return given
    instance = WorkflowInstance.objects.select_related("version").get(pk=incident.instance_id)
    about = Repaired(at=database_now(), token=incident.token, how="retry")
    state = load(found, [Happening(incident.instance_id, about)])[incident.instance_id]
    return unmask(given, seen_by(state, incident.token), instance.version.input_schema)


def _record(incident: Incident, data: JsonObject, by: Actor) -> None:
    publish(
        "incident.resolved",
        subject=("instance", incident.instance_id),
        folder_id=incident.folder_id,
        by=by,
        data=data,
        topics=("overview",),
    )


def _resolve(incident: Incident, *, how: str, by: Actor, reason: str) -> None:
    resolved = Incident.objects.filter(pk=incident.pk, resolved_at__isnull=True).update(
        resolved_at=Now(),
        resolved_by=by.name[:150],
        how=how,
        reason=reason.strip()[:MAX_REASON],
    )
    if not resolved:
        incident.refresh_from_db()
        message = _("%(who)s has repaired this already.")
        raise ConflictError(message % {"who": incident.resolved_by or _("Somebody")})


def _repeat(incident: Incident, how: str) -> None:
    """The step was never taken; what was kept for it happens again."""
    if how != "retry":
        raise ConflictError(
            _("This step was never taken, so it has no result: try it again, or cancel.")
        )
    is_paused = WorkflowInstance.objects.filter(
        pk=incident.instance_id, status=WorkflowInstance.Status.PAUSED
    ).exists()
    if not is_paused:
        let_timers_go([incident.instance_id])
        let_happen(take_pending([incident.instance_id]))


def _insist_on_code(how: str, code: str) -> None:
    if how == "throw" and not code.strip():
        problem = FieldProblem("code", _("name the error that is to be thrown"))
        raise InvalidError(_("Throwing an error needs its code."), fields=[problem])
    if len(code) > MAX_CODE or "\x00" in code:
        problem = FieldProblem("code", _("is too long"))
        raise InvalidError(f"code: {problem.message}.", fields=[problem])
