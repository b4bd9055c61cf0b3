"""Takes back at once what a run held that did not end itself; leases need not run out."""

from django.utils.translation import gettext as _

from .lifecycle import Result
from .lifecycle.finishing import settle_results
from .models import Attempt, Lease

Outcome = Attempt.Outcome


def take_back_items(run_id: int, *, unit_in_hand: int | None, is_to_blame: bool) -> None:
    """Return the items that run `run_id` holds, in the caller's transaction.

    The item in hand counts as lost, its neighbours as given back. When nobody knows which one it
    was (`unit_in_hand` None), all are lost; when the work was cut off for another reason, none is.
    """
    held = Lease.objects.filter(run_id=run_id).order_by("pk").values_list("pk", "token")
    results = [
        Result(pk, token, Outcome.LOST, message=_("Its bot stopped while it worked on it."))
        if is_to_blame and unit_in_hand in (pk, None)
        else Result(pk, token, Outcome.RELEASED)
        for pk, token in held
    ]
    # all at once: two steps would lock the leases in two orders, and deadlock with a renewal
    settle_results(results)
