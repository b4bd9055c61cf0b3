"""What came of an item: the output of its last try, unless a person gave another."""

from apps.lib.json import Json

from .lifecycle.answering import ACCEPTED
from .models import Attempt, Ended, ItemAnswer, WorkItem


def output_of(item: WorkItem) -> Json:
    """Return what came of an item that ended well; None for any other."""
    ended = Ended.objects.filter(item_id=item.pk, status=Ended.Status.SUCCESSFUL).first()
    if ended is None:
        return None
    last = Attempt.objects.filter(item_id=item.pk, outcome=Attempt.Outcome.SUCCESSFUL)
    attempt = last.order_by("-number", "-ended_at").first()
    given = ItemAnswer.objects.filter(item_id=item.pk, key=ACCEPTED).first()
    # given to this try: an item that was reopened and worked again has a newer output
    if given is not None and (attempt is None or given.answered_at >= attempt.ended_at):
        accepted: Json = given.values
        return accepted
    return attempt.output if attempt is not None else None
