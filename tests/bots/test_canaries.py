"""A new version takes a share of the runs, is rolled back when it is worse, or takes over."""

import random
from datetime import timedelta

import pytest
from django.db.models.functions import Now

from apps.accounts.models import Folder
from apps.bots.comparing import MIN_TRIES, Tally, chance_of, compare
from apps.bots.exceptions import NoCanaryError
from apps.bots.lifecycle import (
    begin_canary,
    create_run,
    draw_version,
    functions_to_try,
    judge_canaries,
    promote_canary,
    stop_canary,
    tallies_of,
)
from apps.bots.models import Automation, AutomationVersion, Canary, Run
from apps.events.models import Event
from apps.lib.actors import Actor
from apps.lib.errors import ConflictError, InvalidError
from apps.notices.models import Notice
from tests.bots.workers import sample
from tests.factories import make_person

ANNA = Actor(7, "Anna")


def tally(n: int, n_failed: int) -> Tally:
    return Tally(n=n, n_failed=n_failed)


@pytest.mark.parametrize(
    ("canary", "released", "word"),
    [
        # clearly worse, soon
        ((10, 10), (50, 1), "worse"),
        ((40, 12), (400, 20), "worse"),
        # worse, but so it may be by chance
        ((10, 2), (50, 2), "open"),
        # as good, better, and too few to say
        ((100, 5), (100, 5), "open"),
        ((100, 0), (100, 50), "open"),
        ((9, 9), (100, 0), "open"),
        ((100, 100), (9, 0), "open"),
        # both fail: it is not the version
        ((50, 50), (50, 50), "open"),
    ],
)
def test_a_version_is_worse_only_if_chance_does_not_explain_it(
    canary: tuple, released: tuple, word: str
) -> None:
    assert compare(tally(*canary), tally(*released)).word == word


def test_the_chance_is_that_of_fishers_exact_test() -> None:
    # by hand: of 8 drawn without order from 4 bad and 4 good, 4 for the canary, at least 3 bad
    assert chance_of(tally(4, 3), tally(4, 1)) == pytest.approx(17 / 70)
    assert chance_of(tally(4, 0), tally(4, 4)) == pytest.approx(1)
    assert chance_of(tally(5_000, 600), tally(50_000, 5_000)) < 0.0001


def test_it_is_asked_again_only_when_there_is_half_as_much_more_to_see() -> None:
    bad, good = tally(29, 29), tally(100, 0)

    assert compare(bad, good, n_judged=20).word == "open"
    assert compare(tally(30, 30), good, n_judged=20).word == "worse"


def test_a_version_that_is_as_good_is_seldom_rolled_back() -> None:
    """Of 300 trials of 600 tries each, fewer than 4 of 100 err, though each looks often."""
    dice, n_wrong = random.Random(1), 0
    for _ in range(300):
        arms = {"canary": [0, 0], "released": [0, 0]}
        judged = 0
        for _ in range(600):
            arm = arms["canary" if dice.random() < 0.5 else "released"]
            arm[0] += 1
            arm[1] += dice.random() < 0.1
            if arms["canary"][0] >= max(MIN_TRIES, judged * 1.5):
                verdict = compare(tally(*arms["canary"]), tally(*arms["released"]), n_judged=judged)
                judged = arms["canary"][0] if verdict.chance is not None else judged
                if verdict.word == "worse":
                    n_wrong += 1
                    break
    assert n_wrong <= 12


@pytest.fixture
def automation(folder: Folder) -> Automation:
    return sample(folder, "test.patient")


def tried(automation: Automation, **more: object) -> Canary:
    said = {"share": 0.5, "by": ANNA, **more}
    return begin_canary(automation, "test.refuses", **said)  # type: ignore[arg-type]


def made(version: AutomationVersion, n: int, *, failed: int = 0) -> None:
    for number in range(n):
        run = create_run(version)
        status = "faulted" if number < failed else "successful"
        Run.objects.filter(pk=run.pk).update(status=status, ended_at=Now())


@pytest.mark.django_db
def test_a_canary_takes_its_share_of_the_runs(automation: Automation) -> None:
    before = automation.current_version
    assert before
    assert draw_version(before) == before
    canary = tried(automation, share=0.3)

    drawn = [draw_version(before).pk for _ in range(400)]

    assert 80 < drawn.count(canary.version_id) < 160
    automation.refresh_from_db()
    assert automation.current_version == before


@pytest.mark.django_db
def test_a_worse_canary_is_rolled_back_and_told(automation: Automation, folder: Folder) -> None:
    supervisor = make_person(folder=folder)
    canary = tried(automation)
    made(canary.version, 20, failed=15)
    made(canary.released, 20, failed=1)

    assert judge_canaries() == [canary.pk]
    assert judge_canaries() == []

    canary.refresh_from_db()
    automation.refresh_from_db()
    assert canary.outcome == Canary.Outcome.ROLLED_BACK
    assert "15 of its 20 tries failed" in canary.reason
    assert automation.current_version == canary.released
    assert draw_version(canary.released) == canary.released
    (notice,) = Notice.objects.filter(user=supervisor)
    assert notice.kind == "canary"
    assert Event.objects.filter(kind="automation.canary_rolled_back").exists()


@pytest.mark.django_db
def test_items_count_as_tries_and_what_people_stopped_does_not(folder: Folder) -> None:
    automation = sample(folder, "bench.noop")
    canary = begin_canary(automation, "bench.wait", share=0.5, by=ANNA)
    for version, good, bad in ((canary.version, 10, 30), (canary.released, 39, 1)):
        run = create_run(version)
        Run.objects.filter(pk=run.pk).update(
            status="stopped", ended_at=Now(), n_successful=good, n_failed=bad
        )

    assert judge_canaries() == [canary.pk]


def ended(version: AutomationVersion, n: int, *, failed: int = 0, ago: timedelta) -> None:
    made(version, n, failed=failed)
    fresh = Run.objects.filter(version=version, ended_at__gt=Now() - timedelta(seconds=30))
    fresh.update(created_at=Now() - ago, ended_at=Now() - ago)


@pytest.mark.django_db
def test_what_ended_a_while_ago_is_summed_up_once_and_not_read_again(
    automation: Automation,
) -> None:
    canary = tried(automation)
    Canary.objects.update(began_at=Now() - timedelta(hours=1))
    ended(canary.version, 6, failed=2, ago=timedelta(minutes=30))
    ended(canary.released, 7, failed=1, ago=timedelta(minutes=20))
    # these may still be joined by one whose end is committed late
    ended(canary.version, 3, failed=1, ago=timedelta(minutes=1))
    before = tallies_of(canary)
    assert before == (tally(9, 3), tally(7, 1))

    judge_canaries()
    judge_canaries()

    assert tallies_of(canary) == before
    canary.refresh_from_db()
    assert (canary.n_tried, canary.n_tried_failed) == (6, 2)
    assert (canary.n_released, canary.n_released_failed) == (7, 1)
    Run.objects.filter(ended_at__lt=Now() - timedelta(minutes=10)).delete()
    made(canary.version, 1)
    assert tallies_of(canary) == (tally(10, 3), tally(7, 1))
    # of another version to compare with nothing is known yet
    AutomationVersion.objects.filter(pk=canary.released_id).update(fingerprint="old")
    sample(automation.folder, "test.patient")
    assert tallies_of(canary) == (tally(10, 3), tally(0, 0))
    # what its versions do after the trial says nothing about it
    stop_canary(automation, by=ANNA)
    made(canary.version, 5)
    assert tallies_of(canary) == (tally(10, 3), tally(0, 0))


@pytest.mark.django_db
def test_it_takes_over_after_as_many_good_tries_as_asked(automation: Automation) -> None:
    canary = tried(automation, promote_after=15)
    made(canary.version, 14)
    made(canary.released, 15)
    assert judge_canaries() == []
    made(canary.version, 1)

    assert judge_canaries() == [canary.pk]

    automation.refresh_from_db()
    assert automation.current_version == canary.version
    assert automation.function == "test.refuses"
    # a bot that starts with the same code leaves it so
    again = sample(automation.folder, "test.patient")
    assert again.current_version == canary.version
    assert again.versions.count() == 2


@pytest.mark.django_db
def test_new_code_of_the_version_in_use_does_not_take_the_canary_for_released(
    automation: Automation,
) -> None:
    canary = tried(automation)
    AutomationVersion.objects.filter(pk=canary.released_id).update(fingerprint="old")

    again = sample(automation.folder, "test.patient")

    assert again.current_version
    assert again.current_version.number == 3
    assert again.current_version.function == "test.patient"
    # from now on that is what the canary is compared with: the one before gets no more tries
    canary.refresh_from_db()
    assert canary.released == again.current_version


@pytest.mark.django_db
def test_people_promote_or_stop_it_once(automation: Automation) -> None:
    canary = tried(automation)
    stop_canary(automation, by=ANNA, reason="not now")
    for end in (stop_canary, promote_canary):
        with pytest.raises(NoCanaryError):
            end(automation, by=ANNA)
    automation.refresh_from_db()
    assert automation.current_version == canary.released

    second = tried(automation)
    promote_canary(automation, by=ANNA)
    automation.refresh_from_db()
    assert automation.current_version == second.version


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("function", {"function": "no.such"}),
        ("function", {"function": "test.work"}),  # works items
        ("function", {"function": "bench.rest"}),  # an example
        ("function", {"function": "test.patient"}),  # runs already
        ("share", {"share": 0}),
        ("share", {"share": 0.95}),
        ("promote_after", {"promote_after": 3}),
    ],
)
def test_what_makes_no_sense_is_refused(automation: Automation, field: str, said: dict) -> None:
    values = {"function": "test.refuses", "share": 0.1, **said}

    with pytest.raises(InvalidError) as refused:
        begin_canary(automation, values.pop("function"), by=ANNA, **values)

    assert [problem.path for problem in refused.value.fields] == [field]
    assert not Canary.objects.exists()


@pytest.mark.django_db
def test_one_is_tried_at_a_time(automation: Automation) -> None:
    tried(automation)

    assert "test.breaks" in {each.name for each in functions_to_try(automation)}
    with pytest.raises(ConflictError):
        begin_canary(automation, "test.breaks", share=0.1, by=ANNA)
