"""What people say about items that a gate or an automation asked about.

Answers are kept with the item: a later try gets them in hand, and programs read them.
"""

from django.db import transaction
from django.db.models.functions import Now

from apps.lib.actors import Actor
from apps.lib.json import JsonObject, check_json
from apps.queues.models import ItemAnswer, WorkItem

from .places import end, insist_on_known_effects, make_ready, record, take

Status = WorkItem.Status

# keys of answers that no automation can ask for: they begin with no letter
ACCEPTED, SENT_BACK = "_accepted", "_sent_back"


@transaction.atomic
def accept_output(
    item_id: int, *, output: JsonObject, by: Actor, decision: str = "accept", comment: str = ""
) -> WorkItem:
    """End a parked item as successful, with `output` in the place of what its bot handed in.

    The try keeps what the bot said. The owner of the item hears this output. Raises ConflictError
    when the item does not wait for a decision, InvalidJsonError for what can't be stored.
    """
    check_json(output)
    taken = take(item_id, {Status.NEEDS_DECISION})
    _keep(item_id, ACCEPTED, decision, output, comment, by)
    end(taken, status=Status.SUCCESSFUL, by=by, note=comment, output=output)
    return record("work_item.accepted", taken, to=Status.SUCCESSFUL, by=by, reason=comment)


@transaction.atomic
def answer_item(  # noqa: PLR0913 - one for each part of an answer
    item_id: int,
    key: str,
    *,
    decision: str,
    by: Actor,
    values: JsonObject | None = None,
    comment: str = "",
) -> WorkItem:
    """Keep the answer to the question `key` about a parked item, and let it be worked again.

    With fresh tries; the next one gets the answer. Raises ConflictError when the item does not
    wait for a decision, or nobody knows whether an act of it happened.
    """
    values = values or {}
    check_json(values)
    taken = take(item_id, {Status.NEEDS_DECISION})
    insist_on_known_effects(item_id)
    _keep(item_id, key, decision, values, comment, by)
    make_ready(taken.fresh())
    return record(
        "work_item.answered",
        taken,
        to=Status.NEW,
        by=by,
        reason=comment,
        question=key,
        decision=decision,
    )


def forget_answer(item_id: int, key: str) -> None:
    """Take an answer back that no bot has got; in the transaction that parks the item again."""
    ItemAnswer.objects.filter(item_id=item_id, key=key).delete()


def _keep(  # noqa: PLR0913 - one for each part of an answer
    item_id: int, key: str, decision: str, values: JsonObject, comment: str, by: Actor
) -> None:
    """The last answer counts: a person may be asked the same of an item that was reopened."""
    ItemAnswer.objects.update_or_create(
        item_id=item_id,
        key=key,
        defaults={
            "decision": decision[:100],
            "values": values,
            "comment": comment,
            "answered_by": by.name[:150],
            "answered_at": Now(),
        },
    )
