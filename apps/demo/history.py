"""A month of sample history, so that charts and lists have something to show. Marked as sample."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from random import Random

from django.utils import timezone

from apps.events.models import Event
from apps.failures.lifecycle import note_tries
from apps.lib.clock import database_now
from apps.queues.lifecycle.samples import PastAttempt, PastItem, record_past_items
from apps.queues.models import Attempt, Ended, WorkItem, WorkQueue

from .checks import check_invoice
from .making import Fault, MadeInvoice, make_invoice, make_vendors
from .payload import to_payload
from .trickle import SEED

DAYS = 30
ITEMS_ON_A_WORKING_DAY, ITEMS_ON_A_WEEKEND_DAY = 150, 20
N_MODELS = 150  # invoices that the history is made from; numbers and times differ
SHARE_FLAKY = 0.06
SHARE_GIVEN_UP = 0.25  # of the faulty ones
BOTS = ["bot-1", "bot-2", "bot-3"]
PERSON = "Bea Business"
ENDED_BY = {
    Ended.Status.FAILED: ("rejected", WorkItem.Status.FAILED),
    Ended.Status.SKIPPED: ("skipped", WorkItem.Status.SKIPPED),
}
SATURDAY = 5
LAST_HOUR, LONGEST_WORK = timedelta(minutes=65), timedelta(minutes=4)
SECONDS_BETWEEN = 15


def load_history(queue: WorkQueue, *, days: int = DAYS) -> int:
    """Fill the days before today, and the last hour, once; return how many items there are."""
    sample = WorkItem.objects.filter(queue=queue, origin=WorkItem.Origin.SAMPLE)
    if sample.exists():
        return sample.count()
    random = Random(SEED)  # noqa: S311 - sample data
    models = _models(random)
    now = database_now()
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    past = [
        _past_item(random, random.choice(models), moment, number)
        for number, moment in enumerate(_moments(random, midnight, days))
    ]
    # what is wrong takes people longer than there is time until now
    valid = [made for made in models if not made.fault]
    past += [
        _past_item(random, random.choice(valid), moment, len(past) + number)
        for number, moment in enumerate(_moments_until(random, now))
    ]
    ids = record_past_items(queue, past, origin=WorkItem.Origin.SAMPLE)
    Event.objects.bulk_create(_decisions(queue, ids, past))
    note_tries(_failed(ids, past), None)
    return len(ids)


def _failed(ids: Sequence[int], past: Sequence[PastItem]) -> Iterator[tuple[int, int]]:
    """Yield the tries that went wrong: item and number. Failures are not told of the past."""
    for pk, each in zip(ids, past, strict=True):
        for number, attempt in enumerate(each.attempts, 1):
            if attempt.outcome != Attempt.Outcome.SUCCESSFUL:
                yield pk, number


def _decisions(queue: WorkQueue, ids: Sequence[int], past: Sequence[PastItem]) -> list[Event]:
    """Return what people did about data problems, so that reports know who had laid hands on."""
    found = []
    for pk, each in zip(ids, past, strict=True):
        if each.attempts[0].outcome == Attempt.Outcome.BUSINESS_EXCEPTION:
            is_done = each.status == Ended.Status.SUCCESSFUL
            kind, to = ("retried", WorkItem.Status.NEW) if is_done else ENDED_BY[each.status]
            found.append(
                Event(
                    kind=f"work_item.{kind}",
                    occurred_at=each.attempts[-1].started_at if is_done else each.ended_at,
                    folder_id=queue.folder_id,
                    subject_type="item",
                    subject_id=pk,
                    actor_name=PERSON,
                    actor_kind="person",
                    data={"queue_id": queue.pk, "from": "needs_decision", "to": str(to)},
                )
            )
    return found


def _models(random: Random) -> list[MadeInvoice]:
    vendors, today = make_vendors(seed=SEED), timezone.localdate()
    faults = [fault for fault in Fault if fault != Fault.DUPLICATE]
    return [
        make_invoice(
            vendors,
            seed=10**9 + n,
            today=today,
            fault=random.choice(faults) if n % 10 == 0 else None,
        )
        for n in range(N_MODELS)
    ]


def _moments(random: Random, midnight: datetime, days: int) -> list[datetime]:
    """Return when items came in: office hours mostly, fewer at the weekend, up to midnight."""
    moments = []
    for day in range(days, 0, -1):
        begin = midnight - timedelta(days=day)
        weekend = begin.weekday() >= SATURDAY
        usual = ITEMS_ON_A_WEEKEND_DAY if weekend else ITEMS_ON_A_WORKING_DAY
        for _n in range(int(usual * random.uniform(0.7, 1.3))):
            hour = min(22.9, max(0.1, random.gauss(11.5, 3)))
            moments.append(begin + timedelta(hours=hour))
    return sorted(moments)


def _moments_until(random: Random, now: datetime) -> list[datetime]:
    """Return when items came in within the last hour or so, at the pace of a busy day."""
    moments, moment = [], now - LAST_HOUR
    while moment < now - LONGEST_WORK:
        moments.append(moment)
        moment += timedelta(seconds=random.expovariate(1 / SECONDS_BETWEEN))
    return moments


def _past_item(random: Random, made: MadeInvoice, entered_at: datetime, number: int) -> PastItem:
    started = entered_at + timedelta(seconds=random.expovariate(1 / 20))
    attempts: list[PastAttempt] = []
    while not made.fault and random.random() < SHARE_FLAKY and len(attempts) < 2:
        attempts.append(_try(random, started, Attempt.Outcome.APPLICATION_EXCEPTION, made))
        started = attempts[-1].ended_at + timedelta(seconds=30)
    if made.fault:
        attempts.append(_try(random, started, Attempt.Outcome.BUSINESS_EXCEPTION, made))
        started = attempts[-1].ended_at + timedelta(minutes=random.expovariate(1 / 40))
    status = Ended.Status.SUCCESSFUL
    if made.fault and random.random() < SHARE_GIVEN_UP:
        status = random.choice([Ended.Status.FAILED, Ended.Status.SKIPPED])
        ended_at = started
    else:
        attempts.append(_try(random, started, Attempt.Outcome.SUCCESSFUL, made))
        ended_at = attempts[-1].ended_at
    return PastItem(
        reference=f"{made.invoice.number}-{number}",
        payload=to_payload(made.invoice),
        entered_at=entered_at,
        ended_at=ended_at,
        status=status,
        attempts=attempts,
        by=PERSON if status != Ended.Status.SUCCESSFUL else "",
    )


def _try(
    random: Random, started: datetime, outcome: Attempt.Outcome, made: MadeInvoice
) -> PastAttempt:
    code, message = "", ""
    if outcome == Attempt.Outcome.APPLICATION_EXCEPTION:
        code, message = "erp_unavailable", "The ERP did not answer in time."
    elif outcome == Attempt.Outcome.BUSINESS_EXCEPTION:
        finding = check_invoice(made.invoice, made.facts(timezone.localdate()))[0]
        code, message = finding.code, finding.message
    return PastAttempt(
        started_at=started,
        ended_at=started + timedelta(seconds=0.4 + random.expovariate(1 / 1.5)),
        outcome=outcome,
        bot=random.choice(BOTS),
        code=code,
        message=message,
        output={"document": "sample"} if outcome == Attempt.Outcome.SUCCESSFUL else None,
    )
