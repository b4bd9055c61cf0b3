"""Declares a cause to be a data problem: from then on, in its queue, whatever bots call it."""

from typing import Final

from django.db import transaction
from django.utils.translation import gettext as _

from apps.failures.models import BusinessRule, FailureGroup
from apps.lib.actors import Actor
from apps.lib.errors import ConflictError

from .people import lock
from .recording import nudge, record

MAX_RULES_OF_A_QUEUE: Final = 200
MAX_NAME = 150


@transaction.atomic
def treat_as_business(group_id: int, *, by: Actor) -> BusinessRule:
    """From the next try on, such failures of the queue go where data problems go.

    What failed before stays as it is. Raises ConflictError if the group is no system problem of
    items, or has such a rule.
    """
    group = lock(group_id)
    if group.kind != FailureGroup.Kind.APPLICATION or group.queue_id is None:
        raise ConflictError(_("Only a system problem of items can be made a data problem."))
    rules = BusinessRule.objects.filter(queue=group.queue_id)
    if rules.count() >= MAX_RULES_OF_A_QUEUE:
        message = _("This queue has %(n)d such rules: remove some that are no longer needed.")
        raise ConflictError(message % {"n": MAX_RULES_OF_A_QUEUE})
    rule, is_new = BusinessRule.objects.get_or_create(
        queue_id=group.queue_id,
        cause=group.cause,
        defaults={"pattern": group.pattern, "made_by": by.name[:MAX_NAME]},
    )
    if not is_new:
        raise ConflictError(_("It is treated as a data problem already."))
    record("ruled", group, by, {"queue_id": group.queue_id})
    nudge([group.pk])
    return rule


@transaction.atomic
def treat_as_reported(group_id: int, *, by: Actor) -> None:
    """Take the rule back. Raises ConflictError if there is none."""
    group = lock(group_id)
    rules = BusinessRule.objects.filter(queue=group.queue_id, cause=group.cause)
    if not rules.delete()[0]:
        raise ConflictError(_("It is not treated as a data problem."))
    record("unruled", group, by, {"queue_id": group.queue_id})
    nudge([group.pk])
