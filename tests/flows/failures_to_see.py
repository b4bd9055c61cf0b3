"""Failures of several kinds, to be looked at on their pages."""

from apps.accounts.models import Folder, User
from apps.failures import lifecycle
from apps.failures.models import FailureGroup
from apps.queues.lifecycle import NewItem, Result, add_items, finish_items, lease_items
from apps.queues.models import Attempt, WorkQueue
from tests.factories_queues import ANNA

DOWN, WRONG = Attempt.Outcome.APPLICATION_EXCEPTION, Attempt.Outcome.BUSINESS_EXCEPTION
SAID = (
    *((DOWN, "", f"The ledger did not answer within {n} s", "RB-07") for n in range(10, 24)),
    *((WRONG, "no_mandate", f"Customer C-{n} has no mandate", f"RB-0{n % 3}") for n in range(9)),
    (DOWN, "", "Could not log in to SAP: password expired", "RB-01"),
)


def make_failures_to_see(folder: Folder) -> None:
    """Make some of each; the second time nothing."""
    if FailureGroup.objects.filter(queue__key="seen-failing").exists():
        return
    queue = WorkQueue.objects.create(
        folder=folder, key="seen-failing", title="Direct debits", max_attempts=1
    )
    news = [NewItem({"n": n}, reference=f"DD-{n}") for n in range(len(SAID))]
    add_items(queue, news, origin="api", by=ANNA, all_or_nothing=True)
    tries = []
    for outcome, code, message, bot in SAID:
        (leased,) = lease_items(queue.pk, n=1, bot=bot)
        said = {"code": code, "message": message, "detail": "Traceback (most recent call last): …"}
        finish_items([Result(leased.id, leased.token, outcome, **said)])
        tries.append((leased.id, 1))
    lifecycle.note_tries(tries, None)
    while lifecycle.group_some():
        pass
    first, second = FailureGroup.objects.filter(queue=queue).order_by("-count")[:2]
    owner = User.objects.get(username="sam")
    lifecycle.assign_group(first.pk, owner, by=ANNA)
    lifecycle.set_runbook(first.pk, "https://wiki.test/ledger", by=ANNA)
    lifecycle.treat_as_business(first.pk, by=ANNA)
    lifecycle.retry_group(second.pk, by=ANNA)
