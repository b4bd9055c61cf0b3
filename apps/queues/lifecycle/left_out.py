"""Why a bulk action left an item out, in a sentence for who looks at its results."""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from apps.operations.kinds import Result, skipped
from apps.queues.models import Effect, Lease, Owned, WorkItem

Status = WorkItem.Status


def why_left_out(ids: Sequence[int], places: frozenset[str]) -> dict[int, Result]:
    """Return a Result for each item that stands elsewhere than in `places`, or may not be moved.

    Items that are not there at all are left away.
    """
    found = WorkItem.objects.filter(pk__in=ids).with_status().values_list("pk", "status")
    statuses: dict[int, str] = {pk: status or "" for pk, status in found}
    bots = dict(Lease.objects.filter(item_id__in=ids).values_list("item_id", "bot"))
    begun = Effect.objects.filter(item_id__in=ids, state=Effect.State.BEGUN)
    doubts = dict(begun.values_list("item_id", "key"))
    owned = set(Owned.objects.filter(item_id__in=ids).values_list("item_id", flat=True))
    return {
        pk: skipped(_say(status, bots.get(pk, ""), doubts.get(pk, ""), is_owned=pk in owned))
        for pk, status in statuses.items()
    }


def _say(status: str, bot: str, doubt: str, *, is_owned: bool) -> str:
    if status == Status.IN_PROGRESS:
        return _("%(bot)s was working on it.") % {"bot": bot or _("A bot")}
    if doubt:
        return _("Nobody knows whether “%(key)s” happened. Find out and record it first.") % {
            "key": doubt
        }
    if is_owned and status in _FINAL:
        return _("It belongs to an instance, and goes back only with that.")
    if not status:
        return _("It was just moving on.")
    return _("It was “%(status)s” by then.") % {"status": Status(status).label}


_FINAL = {Status.SUCCESSFUL, Status.FAILED, Status.SKIPPED, Status.CANCELLED, Status.EXPIRED}
