"""What each report says, against what was made up for it."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from apps.ai.models import ModelCall, ModelEndpoint
from apps.bots.models import Bot, Run
from apps.dashboard.models import DueCount
from apps.inbox import lifecycle as inbox
from apps.inbox.models import UserTask
from apps.learning.models import Verdict
from apps.queues.models import QueueRun
from apps.reports.lifecycle import set_worth
from apps.reports.models import DayFigure
from tests.bots.rows import make_automation, make_bot, make_run
from tests.factories import make_folder
from tests.factories_queues import ANNA, make_items
from tests.failures.failing import DOWN, WELL, WRONG, end
from tests.inbox.rows import answer, make_queue, make_task
from tests.learning.rows import make_gate, verdict_on
from tests.reports.days import at, record, report, value_of

pytestmark = pytest.mark.django_db

DAY = date(2026, 10, 14)
NEXT = DAY + timedelta(days=1)
NOON = datetime(2026, 10, 14, 12, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
PAYLOAD = {"number": "4711", "total": "1.00"}
BOTH = {"first": str(DAY), "last": str(NEXT), "compare": "none"}


@pytest.fixture
def queue(folder):
    return make_queue(folder, max_attempts=1)


def work(queue, *results):
    make_items(queue, len(results), payload=PAYLOAD)
    end(queue, results)


def decide(task, who, decision="reject", **said):
    said = said or {"reason": "not ours"}
    inbox.decide(task, answer(UserTask.objects.get(pk=task.pk), decision, **said), by=who.actor)


def row_of(table, first):
    (found,) = [row.values for row in table.rows if row.values[0] == first]
    return found


def test_a_decision_takes_the_time_since_that_person_did_something_in_the_inbox(
    queue, folder, business_user, supervisor
):
    with at(NOON):
        tasks = [make_task(queue, reference=f"r{n}") for n in range(5)]
    # at first: two minutes; then three; after a pause: two. Another person's count for themselves.
    with at(NOON + HOUR):
        decide(tasks[0], business_user)
    with at(NOON + HOUR + 1 * MINUTE):
        decide(tasks[1], supervisor)
    with at(NOON + HOUR + 3 * MINUTE):
        decide(tasks[2], business_user)
    with at(NOON + HOUR + 40 * MINUTE):
        decide(tasks[3], business_user)
    with at(NOON + 14 * HOUR):
        decide(tasks[4], business_user)
    record(DAY)

    found = report("people", folder, **BOTH)

    assert value_of(found, "decisions") == 5
    assert value_of(found, "people_minutes") == pytest.approx(2 + 2 + 3 + 2 + 2)
    assert value_of(found, "minutes_per_decision") == pytest.approx(11 / 5)
    waited = 60 + 61 + 63 + 100 + 14 * 60
    assert value_of(found, "waited") == pytest.approx(waited / 60 / 5)
    assert [float(n) for n in found.days.series[0].values] == [pytest.approx(9), pytest.approx(2)]
    for table in found.tables:
        assert sum(row.values[2] for row in table.rows) == table.total[2]


def test_what_rules_and_programs_decide_costs_no_persons_minutes(queue, folder):
    from apps.lib.actors import Actor

    with at(NOON):
        task = make_task(queue)
        inbox.decide(task, answer(task, "reject", reason="x"), by=Actor(None, "rule", "system"))
    record(DAY)

    found = report("people", folder, **BOTH)

    assert value_of(found, "decided_alone") == 1
    assert value_of(found, "decisions") == 0
    assert value_of(found, "people_minutes") == 0


def test_causes_add_up_to_the_failures_and_lead_to_their_groups(queue, folder):
    with at(NOON):
        work(queue, DOWN, DOWN, WRONG, WELL)
    with at(NOON + 24 * HOUR):
        work(queue, DOWN)
    record(DAY)

    found = report("causes", folder, first=str(NEXT), last=str(NEXT))

    assert value_of(found, "failures") == 1
    assert value_of(found, "system_problems") == 1
    rows = found.tables[0].rows
    assert rows[0].url.startswith("/failures/")
    assert [row.values[3:] for row in rows] == [[1, 100, 2], [0, 0, 1]]
    assert sum(row.values[3] for row in rows) == found.tables[0].total[3]
    assert sum(row.values[5] for row in rows) == found.tables[0].total[5] == 3


def test_service_levels_are_those_of_the_deadlines(queue, folder):
    midnight = datetime(2026, 10, 14, tzinfo=UTC)
    for n, at_ in enumerate((0, 23.75, 24, 47.75, 48)):
        DueCount.objects.create(
            queue_id=queue.pk, at=midnight + at_ * HOUR, n_due=10**n, n_missed=n
        )
    record(DAY)

    found = report("service", folder, **BOTH)

    assert value_of(found, "due") == 1111
    assert value_of(found, "missed") == 6
    assert value_of(found, "in_time_share") == pytest.approx(100 * 1105 / 1111)
    missed = found.days.series[1]
    assert list(missed.values) == [1, 5]


def test_a_run_over_midnight_counts_on_both_days_and_ends_on_one(folder):
    bot = make_bot(folder, n_slots=2)
    Bot.objects.filter(pk=bot.pk).update(created_at=NOON - 10 * HOUR)
    automation = make_automation(folder)
    midnight = datetime(2026, 10, 15, tzinfo=UTC)
    for begins, ends, how in (
        (midnight - 2 * HOUR, midnight + HOUR, "successful"),
        (midnight + 3 * HOUR, midnight + 4 * HOUR, "faulted"),
    ):
        run = make_run(automation, bot, ends=how)
        Run.objects.filter(pk=run.pk).update(started_at=begins, ended_at=ends)
    at_work = make_run(automation, bot)
    Run.objects.filter(pk=at_work.pk).update(started_at=midnight + 23 * HOUR)
    record(DAY)

    found = report("bots", folder, **BOTH)

    assert value_of(found, "busy_hours") == pytest.approx(3 + 1 + 1)
    assert value_of(found, "runs") == 2
    assert value_of(found, "runs_failed_share") == 50
    # there since 02:00 of the first day, with two slots
    assert value_of(found, "use") == pytest.approx(100 * 5 / (2 * 46))
    assert [float(n) for n in found.days.series[0].values] == [pytest.approx(2), pytest.approx(3)]
    assert row_of(found.tables[0], bot.name)[2] == found.tables[0].total[2]


def worth(queue, since, minutes, rate, bot="0"):
    return set_worth(
        queue,
        since=since,
        minutes_by_hand=Decimal(minutes),
        rate_per_hour=Decimal(rate),
        bot_cost_per_hour=Decimal(bot),
        by=ANNA,
    )


def test_savings_are_those_of_the_values_that_held_and_their_sums_are_equal(
    queue, folder, business_user
):
    bot, automation = make_bot(folder), make_automation(folder)
    worth(queue, DAY - timedelta(days=30), "10", "30")
    worth(queue, NEXT, "7", "31", bot="2.50")
    worth(queue, NEXT, "6", "31", bot="2.50")  # put right on the same day: the newer one holds
    with at(NOON):
        work(queue, WELL, WELL, WELL)
        by_hand = make_task(queue)
    with at(NOON + HOUR):
        decide(by_hand, business_user, "done_by_hand", reference="FI-1")
    with at(NOON + 24 * HOUR):
        work(queue, WELL)
    run = make_run(automation, bot, ends="successful")
    began = NOON + 24 * HOUR
    Run.objects.filter(pk=run.pk).update(started_at=began, ended_at=began + HOUR / 2)
    QueueRun.objects.create(run=run, queue=queue)
    record(DAY)

    found = report("savings", folder, **BOTH)

    first, second = (row.values for row in found.tables[0].rows)
    # three by bots (the one by hand saves nothing) at 10 min and 30 an hour, less two minutes
    assert first[2:] == [3, Decimal("0.5"), 15, 1, 0, 0, 14]
    hours, saved, bots, net = (Decimal(text) for text in ("0.1", "3.10", "1.25", "1.85"))
    assert second[2:] == [1, hours, saved, 0, bots, 0, net]
    assert value_of(found, "saved") == pytest.approx(15.85)
    for place in range(2, 9):
        assert first[place] + second[place] == found.tables[0].total[place]
    assert "3 items × 10.00 min ÷ 60 × 30.00 EUR" in found.formulas[1]
    assert sum(found.days.series[0].values) == Decimal("0.6")


def test_a_queue_without_values_is_left_out_and_said_to_be(queue, folder):
    with at(NOON):
        work(queue, WELL)
    record(DAY)

    found = report("savings", folder, **BOTH)

    assert value_of(found, "saved") is None
    assert any("1 queue has no values yet" in note for note in found.notes)


def judged(gate, queue, *verdicts):
    """Have people say of one decision after the other whether it was right, and how they met it."""
    task = UserTask.objects.create(
        folder=queue.folder,
        kind=UserTask.Kind.VALIDATION,
        title="Look",
        status="completed",
        decision="accept",
        decided_at=NOON,
        queue=queue,
    )
    Verdict.objects.bulk_create(
        verdict_on(
            gate,
            0.5,
            is_right=is_right,
            kind=kind,
            task=task,
            path=str(n),
            field="total",
            decided_at=NOON,
        )
        for n, (is_right, kind) in enumerate(verdicts)
    )


def called(folder, *outcomes):
    endpoint = ModelEndpoint.objects.create(
        folder=folder, key="reader", title="Reader", base_url="http://x", model="m"
    )
    for outcome in outcomes:
        ModelCall.objects.create(
            folder_id=folder.pk,
            endpoint=endpoint,
            model="m",
            use="read",
            outcome=outcome,
            tokens_in=100,
            cost=Decimal("0.25"),
            at=NOON,
            ends_by=NOON,
        )


def test_how_often_ai_is_right_weighs_samples_by_what_they_stand_for(folder, queue):
    gate = make_gate(folder)
    weight = 1 / gate.sample_share
    judged(
        gate,
        queue,
        *((True, "validation"), (False, "validation"), (True, "second_look"), (True, "beside")),
    )
    called(folder, "answered", "failed")
    record(DAY)

    found = report("ai", folder, **BOTH)

    assert value_of(found, "looks") == 3
    assert value_of(found, "corrected") == 1
    assert value_of(found, "accuracy") == pytest.approx(100 * (1 + weight) / (2 + weight))
    assert (value_of(found, "calls"), value_of(found, "calls_failed_share")) == (2, 50)
    assert row_of(found.tables[1], "Reader")[1:] == [2, 1, 200, "0.50 EUR"]


@pytest.mark.parametrize("key", ["straight-through", "people", "causes", "service", "bots", "ai"])
def test_a_reader_sees_figures_of_their_folders_alone(queue, folder, key, business_user):
    with at(NOON):
        work(queue, DOWN, WELL)
        task = make_task(queue)
        decide(task, business_user)
    record(DAY)
    other = make_folder("other")
    assert DayFigure.objects.filter(folder_id=folder.pk).exists()

    found = report(key, other, **BOTH)
    of_theirs = report(key, other, folder=str(folder.pk), **BOTH)

    for each in (found, of_theirs):
        assert not any(figure.value for figure in each.figures)
        assert all(not table.rows for table in each.tables)


def test_a_report_is_narrowed_to_a_queue_and_compared_with_the_time_before(queue, folder):
    more = make_queue(folder, "orders")
    with at(NOON):
        work(queue, WELL, WELL)
        work(more, WELL)
    with at(NOON + 24 * HOUR):
        work(queue, WELL, WELL, WELL)
    record(DAY)

    found = report("straight-through", folder, first=str(NEXT), last=str(NEXT))
    of_more = report(
        "straight-through", folder, first=str(NEXT), last=str(NEXT), queue=str(more.pk)
    )

    (done,) = [each for each in found.figures if each.key == "done"]
    assert (done.value, done.before, done.change_words) == (3, 3, "as before (3)")
    (done,) = [each for each in of_more.figures if each.key == "done"]
    assert (done.value, done.before) == (0, 1)
    assert timezone.get_current_timezone_name() == "UTC"
