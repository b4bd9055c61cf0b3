"""What is foretold of a queue, from its tables to the chances: slots, holds, what would be if."""

from datetime import timedelta

import pytest
from django.db import connection

from apps.bots.models import Bot, Maintenance
from apps.forecast.capacity import pool_levels
from apps.forecast.lifecycle import keep, renew
from apps.forecast.models import Foretold
from apps.forecast.outlooks import DAY, LONG, WhatIf, outlook
from apps.forecast.standing import last_foretold, miss_chances
from apps.lib.clock import database_now
from apps.limits.models import Application, FolderStop, Freeze, Limit
from apps.queues.counts import counts_of
from apps.queues.lifecycle import pause_queue
from tests.factories_queues import ANNA, make_items, make_queue

from .seen import came_in, staffed, worked

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


@pytest.fixture
def queue():
    """Two slots, work of half a minute each, nothing that comes in."""
    found = make_queue("invoices")
    staffed(found, slots=2)
    worked(found, 60, seconds=30.0)
    came_in(found, 0)
    return found


def minutes(found) -> float | None:
    middle = found.cleared[1]
    return None if middle is None else (middle - found.made_at).total_seconds() / 60


def test_a_backlog_is_empty_when_its_work_is_done_by_the_slots_there_are(queue):
    make_items(queue, 240)

    found = outlook(queue)

    assert (found.basis, found.slots, found.held) == ("good", 2, "")
    assert minutes(found) == pytest.approx(60, rel=0.1)
    assert found.miss_chance is None
    assert found.need is None


def test_nothing_waits_so_it_is_empty_now(queue):
    found = outlook(queue)

    assert found.is_empty_now
    assert found.cleared == (found.made_at,) * 3


def test_a_queue_that_nobody_worked_foretells_nothing_instead_of_inventing():
    queue = make_queue()
    make_items(queue, 50)

    found = outlook(queue)

    assert (found.basis, found.is_known, found.cleared, found.miss_chance) == (
        "none", False, (None, None, None), None,
    )  # fmt: skip


def test_few_tries_are_said_and_make_wide_bounds(queue):
    new = make_queue("new")
    staffed(new, slots=2)
    worked(new, 4, seconds=[10.0, 20.0, 40.0, 50.0])
    make_items(new, 240)

    found = outlook(new)

    low, _middle, high = found.cleared
    assert found.basis == "few"
    assert low is not None
    assert high is None or (high - found.made_at) > 2 * (low - found.made_at)


def test_deferred_items_are_worked_at_their_time_and_may_be_late_then(queue):
    now = database_now()
    make_items(queue, 40, available_at=now + 2 * HOUR, due_at=now + 2 * HOUR + timedelta(minutes=5))

    found = outlook(queue)

    assert found.is_empty_now
    assert found.miss_chance == 1
    assert found.need is not None
    assert found.need.slots is not None
    assert found.need.slots > 2


def test_more_bots_end_it_sooner_and_more_items_and_arrivals_later(queue):
    make_items(queue, 240)
    came_in(queue, 40)

    usual, more_bots = outlook(queue), outlook(queue, WhatIf(bots=8))
    more_items, busier = outlook(queue, WhatIf(more_items=240)), outlook(queue, WhatIf(arrivals=3))

    assert minutes(more_bots) < 0.5 * minutes(usual)
    assert minutes(more_items) > 1.7 * minutes(usual)
    assert minutes(busier) > 1.2 * minutes(usual)


def test_a_bot_that_is_down_takes_its_slots_with_it(queue):
    Bot.objects.create(
        folder=queue.folder,
        pool=queue.automation.pool,
        name="second",
        n_slots=3,
        heartbeat_at=database_now(),
    )

    assert outlook(queue).slots == 5
    assert outlook(queue, WhatIf(without="second")).slots == 2
    Bot.objects.filter(name="second").update(standing="draining")
    assert outlook(queue).slots == 2


def test_a_bot_that_does_not_answer_or_lacks_what_is_required_does_not_count(queue):
    queue.required_capabilities = ["sap"]
    queue.save()
    assert (outlook(queue).slots, outlook(queue).held) == (0, "no_bot")

    Bot.objects.update(capabilities=["sap", "excel"])
    assert outlook(queue).slots == 2

    Bot.objects.update(heartbeat_at=database_now() - HOUR)
    assert outlook(queue).held == "no_bot"


@pytest.mark.parametrize(
    ("field", "name"), [("max_runs", "runs"), ("max_in_progress", "in_progress")]
)
def test_the_queue_s_own_bounds_are_told(queue, field, name):
    setattr(queue, field, 1)
    queue.save()

    found = outlook(queue)

    assert (found.slots, found.capacity.pool_slots, found.capacity.bound_by) == (1, 2, name)


def test_seats_and_rates_bound_the_slots(queue):
    application = Application.objects.create(folder=queue.folder, key="erp", title="ERP")
    queue.applications.add(application)
    Limit.objects.create(folder=queue.folder, key="a", title="A", application=application, size=1)

    assert (outlook(queue).slots, outlook(queue).capacity.bound_by) == (1, "limit")

    # given no seats, and so few starts that they keep one slot busy
    Limit.objects.all().delete()
    rate = Limit.objects.create(
        folder=queue.folder, key="b", title="B", kind="rate", size=2, per_seconds=60
    )
    queue.limits.add(rate)
    assert outlook(queue).slots == 1


def test_another_queue_that_wants_the_pool_has_its_share(queue):
    Bot.objects.update(n_slots=8)
    assert outlook(queue).slots == 8
    rival = make_queue(
        "rival", folder=queue.folder, automation=queue.automation, max_runs=50, share=3
    )
    make_items(rival, 100)

    assert (outlook(queue).slots, outlook(queue).capacity.bound_by) == (2, "share")

    # what it can't use goes to the others
    rival.max_runs = 2
    rival.save()
    assert outlook(queue).slots == 6


def test_a_freeze_and_a_hold_move_the_end(queue):
    make_items(queue, 4)
    now = database_now()
    freeze = Freeze.objects.create(
        folder=queue.folder,
        title="Month end",
        starts_at=now - HOUR,
        ends_at=now + 3 * HOUR,
        first_starts_at=now - HOUR,
        first_ends_at=now + 3 * HOUR,
    )
    assert minutes(outlook(queue)) == pytest.approx(181, abs=2)

    freeze.delete()
    application = Application.objects.create(
        folder=queue.folder, key="erp", title="ERP", held_at=now, held_until=now + HOUR
    )
    queue.applications.add(application)
    assert minutes(outlook(queue)) == pytest.approx(61, abs=2)

    application.held_until = None
    application.save()
    assert outlook(queue).cleared == (None, None, None)


def test_a_freeze_that_repeats_is_met_again_tomorrow(queue):
    now = database_now()
    Freeze.objects.create(
        folder=queue.folder,
        title="Nights",
        starts_at=now + HOUR,
        ends_at=now + 2 * HOUR,
        first_starts_at=now + HOUR,
        first_ends_at=now + 2 * HOUR,
        repeats="daily",
    )

    starts = [round(each.start / 3600) for each in outlook(queue).capacity.closings]

    assert starts == [1, 25, 49]


def test_maintenance_takes_the_slots_of_its_bot(queue):
    now = database_now()
    bot = Bot.objects.get()
    Maintenance.objects.create(
        folder=queue.folder, bot=bot, starts_at=now - HOUR, ends_at=now + HOUR
    )
    make_items(queue, 4)

    assert minutes(outlook(queue)) == pytest.approx(61, abs=2)
    pool = queue.automation.pool
    levels = pool_levels([pool], begin=now, end=now + 3 * HOUR, now=now)[pool.pk]
    assert [(round((each.at - now) / HOUR), each.slots) for each in levels] == [(0, 0), (1, 2)]


def test_a_pause_is_told_and_what_holds_without_it_is_foretold(queue):
    make_items(queue, 240)
    pause_queue(queue, reason="Month end", by=ANNA)
    queue.refresh_from_db()

    found = outlook(queue)

    assert found.held == "paused"
    assert minutes(found) == pytest.approx(60, rel=0.1)

    FolderStop.objects.create(folder=queue.folder, reason="Fire")
    assert outlook(queue).held == "stopped"


def test_a_queue_whose_bots_lease_by_api_has_as_many_as_were_at_work():
    queue = make_queue()
    worked(queue, 60, seconds=30.0, bot="one")
    worked(queue, 60, seconds=30.0, bot="two")
    make_items(queue, 240)

    found = outlook(queue)

    assert found.slots == 2
    assert {name for name, _slots in found.capacity.bots} == {"one", "two"}


def test_much_work_is_looked_at_three_days_ahead(queue):
    assert outlook(queue).horizon == DAY

    make_items(queue, 9000)
    found = outlook(queue)

    assert found.horizon == LONG
    assert minutes(found) == pytest.approx(9000 * 0.25, rel=0.1)


def test_a_hundred_thousand_items_are_foretold_from_a_part_of_them(queue):
    make_items(queue, 10)
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into queues_ready (queue_id, rank_at, item_id, attempt, tries, losses, alone)"
            " select %s, now() + n * interval '1 ms', 10000000 + n, 1, 0, 0, false"
            " from generate_series(1, 30000) n",
            [queue.pk],
        )
        cursor.execute(
            "insert into queues_workitem (id, queue_id, reference, payload, priority, entered_at,"
            " version, origin, added_by) select 10000000 + n, %s, '', '{}', 50, now(), 1, 'api', ''"
            " from generate_series(1, 30000) n",
            [queue.pk],
        )
        cursor.execute(
            "update queues_counter set n = n + 30000 where queue_id = %s and measure = 'ready'",
            [queue.pk],
        )
    assert counts_of([queue.pk])[queue.pk]["ready"] == 30_010

    found = outlook(queue)

    assert sum(each.n for each in found.measures.line.waiting) == pytest.approx(30_010, rel=0.001)
    assert len(found.measures.line.waiting) < 1300


# --- kept -----------------------------------------------------------------------------------------


def test_the_upkeep_keeps_what_it_foretold_of_queues_with_work(queue):
    make_queue("idle")
    make_items(queue, 240)

    assert renew() == 1
    assert renew() == 0

    kept = Foretold.objects.get()
    assert (kept.queue_id, kept.basis, kept.slots, kept.is_empty) == (queue.pk, "good", 2, False)
    assert last_foretold([queue.pk])[queue.pk].cleared_at == kept.cleared_at
    assert miss_chances([queue.pk]) == {queue.pk: None}


def test_an_old_forecast_is_made_anew_and_never_overwrites_a_newer_one(queue):
    make_items(queue, 240, due_at=database_now() + timedelta(minutes=10))
    old = outlook(queue)
    keep(outlook(queue))

    keep(old)

    assert Foretold.objects.get().made_at > old.made_at
    assert miss_chances([queue.pk]) == {queue.pk: 1.0}
    Foretold.objects.update(made_at=database_now() - timedelta(minutes=2))
    assert renew() == 1


def test_what_is_stale_is_not_told(queue):
    make_items(queue, 4)
    renew()
    Foretold.objects.update(made_at=database_now() - HOUR)

    assert last_foretold([queue.pk]) == {}
    assert miss_chances([queue.pk]) == {queue.pk: None}


def test_a_queue_that_was_worked_off_since_is_looked_at_once_more(queue):
    make_items(queue, 4)
    renew()
    from apps.queues.models import CounterDelta, Ready

    Ready.objects.all().delete()
    CounterDelta.objects.create(queue_id=queue.pk, measure="ready", change=-4)
    Foretold.objects.update(made_at=database_now() - timedelta(minutes=2))

    assert renew() == 1
    assert Foretold.objects.get().is_empty
    Foretold.objects.update(made_at=database_now() - timedelta(minutes=2))
    assert renew() == 0


def overdue(queue, **ago):
    """The queue has something to do, and was foretold so long ago."""
    make_items(queue, 2)
    keep(outlook(queue))
    Foretold.objects.filter(queue=queue).update(made_at=database_now() - timedelta(**ago))


def test_where_nothing_is_ever_due_it_is_made_anew_less_often(queue):
    promised = make_queue("promised", folder=queue.folder, sla_seconds=3600)
    overdue(queue, seconds=100)
    overdue(promised, seconds=50)

    assert renew() == 1

    old = database_now() - timedelta(seconds=45)
    assert [each.queue_id for each in Foretold.objects.filter(made_at__gt=old)] == [promised.pk]


def test_those_overdue_the_longest_come_first_and_more_is_spent_on_late_ones(queue):
    promised = make_queue("promised", folder=queue.folder, sla_seconds=3600)
    overdue(promised, seconds=45 + 30)
    overdue(queue, seconds=150 + 50)

    assert renew(budget_seconds=0) == 1
    old = database_now() - timedelta(seconds=45)
    assert Foretold.objects.get(made_at__gt=old).queue_id == queue.pk

    Foretold.objects.update(made_at=database_now() - timedelta(minutes=4))
    assert renew(budget_seconds=0) == 2
