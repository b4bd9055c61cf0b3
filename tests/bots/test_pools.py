"""How many slots pools want, for whoever scales them."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now

from apps.accounts.models import Folder
from apps.bots.lifecycle import claim_run, create_run, publish_wanted_slots, save_pool
from apps.bots.models import Automation, BotPool, Run
from apps.bots.pool_presenting import pool_cards, sharing
from apps.bots.releases import default_pool
from apps.lib.actors import Actor
from apps.lib.errors import InvalidError
from controlroom.metrics import as_text
from tests.bots.rows import make_bot
from tests.bots.workers import sample
from tests.factories_queues import make_queue

pytestmark = pytest.mark.django_db

ANNA = Actor(7, "Anna")


@pytest.fixture
def automation(folder: Folder) -> Automation:
    return sample(folder, "test.patient")


@pytest.fixture
def pool(folder: Folder) -> BotPool:
    return default_pool(folder)


def waits(automation: Automation, n: int = 1, **more: object) -> Run:
    version = automation.current_version
    assert version
    for _ in range(n):
        run = create_run(version, **more)  # type: ignore[arg-type]
    return run


def wanted(pool: BotPool) -> int:
    publish_wanted_slots()
    pool.refresh_from_db()
    return pool.wanted_slots


def ended(n: int) -> None:
    ids = list(Run.objects.active().values_list("pk", flat=True)[:n])
    Run.objects.filter(pk__in=ids).update(status="stopped", ended_at=Now())


def test_a_pool_wants_a_slot_for_each_run_that_works_or_waits(
    folder: Folder, automation: Automation, pool: BotPool
) -> None:
    bot = make_bot(folder)
    assert wanted(pool) == 0

    waits(automation, 3)
    claim_run(pool.pk, bot.pk, 1)

    assert wanted(pool) == 3
    line = f'controlroom_pool_wanted_slots{{folder="{folder.key}",pool="default"}} 3.0'
    assert line in as_text()[0].decode()


def test_it_stays_within_its_bounds(automation: Automation, pool: BotPool) -> None:
    BotPool.objects.update(min_slots=2, max_slots=4)
    assert wanted(pool) == 2
    waits(automation, 9)
    assert wanted(pool) == 4


def test_fewer_are_wanted_only_after_calm_and_then_as_many_as_were_needed_meanwhile(
    automation: Automation, pool: BotPool
) -> None:
    # given a pool that wanted five
    BotPool.objects.update(scale_down_seconds=60)
    waits(automation, 5)
    assert wanted(pool) == 5

    # when it needs one, then three, then two
    ended(4)
    assert wanted(pool) == 5
    waits(automation, 2)
    assert wanted(pool) == 5
    ended(1)
    assert wanted(pool) == 5

    # then after the calm it wants what it needed at most, and later what it needs
    BotPool.objects.update(calm_since=Now() - timedelta(seconds=61))
    assert wanted(pool) == 3
    BotPool.objects.update(calm_since=Now() - timedelta(seconds=61))
    assert wanted(pool) == 2
    # and more at once
    waits(automation, 7)
    assert wanted(pool) == 9


def test_a_peak_ends_the_calm(automation: Automation, pool: BotPool) -> None:
    waits(automation, 2)
    assert wanted(pool) == 2
    ended(2)
    assert wanted(pool) == 2
    waits(automation, 2)
    assert wanted(pool) == 2

    pool.refresh_from_db()
    assert pool.calm_since is None


def test_runs_for_one_bot_alone_want_no_more_bots(
    folder: Folder, automation: Automation, pool: BotPool
) -> None:
    waits(automation, 2, pinned_bot=make_bot(folder))

    assert wanted(pool) == 0


def test_cards_say_what_is_there_and_who_shares_it(
    folder: Folder, automation: Automation, pool: BotPool
) -> None:
    bot = make_bot(folder, n_slots=2)
    queue = make_queue("orders", folder=folder, title="Orders")
    waits(automation)
    waits(automation, 2, source=f"queue:{queue.pk}", share=3)
    claim_run(pool.pk, bot.pk, 1)
    wanted(pool)

    (card,) = pool_cards([BotPool.objects.get()])
    shares = {each.title: (each.share, each.n_busy, each.n_waiting) for each in sharing(pool)}

    assert (card.n_bots, card.n_slots, card.n_busy, card.n_waiting) == (1, 2, 1, 2)
    assert "1 slot more is wanted" in card.verdict
    assert shares == {automation.title: (1, 1, 0), "Orders": (3, 0, 2)}


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("key", {"key": "no good"}),
        ("max_slots", {"min_slots": 5, "max_slots": 4}),
        ("title", {"title": "a\x00"}),
    ],
)
def test_a_pool_that_makes_no_sense_is_refused(folder: Folder, field: str, values: dict) -> None:
    new = BotPool(folder=folder, key=values.pop("key", "night"), title="Night")

    with pytest.raises(InvalidError) as refused:
        save_pool(new, values, by=ANNA)

    assert [problem.path for problem in refused.value.fields] == [field]


def test_a_key_is_given_once(folder: Folder, pool: BotPool) -> None:
    with pytest.raises(InvalidError):
        save_pool(BotPool(folder=folder, key=pool.key, title="x"), {}, by=ANNA)
