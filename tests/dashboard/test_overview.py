"""The overview: numbers that are those of the lists behind them, for those who may see them."""

import json
import re
from dataclasses import replace

import pytest
from django.test import Client

from apps.alerts.models import Alert
from apps.bots.models import Run
from apps.dashboard import lists, queries
from apps.dashboard.deadlines import record_deadlines
from apps.dashboard.figures import WeekAgo, right_now
from apps.dashboard.lists import HOUR, Counted
from apps.dashboard.tiles import tiles_of
from apps.events.bus import deliver_outbox
from apps.failures.upkeep import group_failures
from apps.inbox.lifecycle import Answer, decide
from apps.inbox.models import UserTask
from apps.lib.clock import database_now
from apps.queues.lifecycle import lease_items, record_progress
from apps.queues.models import Attempt, Ended, Lease
from apps.queues.upkeep import fold_counters
from tests.bots.rows import make_automation, make_bot, make_run
from tests.factories import make_folder
from tests.queues.pages import SCRIPT, queue_in, tried, waiting

pytestmark = pytest.mark.django_db

Outcome = Attempt.Outcome


@pytest.fixture
def queue(folder):
    return queue_in(folder, retry_delay_seconds=600)


def now_in(*folders):
    fold_counters()
    return right_now(frozenset(folder.pk for folder in folders))


def tile(page, label):
    """Return the text of the tile with this label."""
    tiles = [part.split("</section>")[0] for part in page.split('<section class="tile')[1:]]
    (found,) = [each for each in tiles if f">{label}<" in each]
    return re.sub(r"<[^>]+>|\s+", " ", found)


def test_it_shows_what_waits_who_works_and_what_went_wrong(supervisor_client, folder, queue):
    # given some of everything
    tried(queue, Outcome.SUCCESSFUL)
    tried(queue, Outcome.BUSINESS_EXCEPTION, message="The total is wrong")
    waiting(queue)
    make_bot(folder)
    deliver_outbox()
    fold_counters()

    page = supervisor_client.get("/").text

    assert " 1 " in tile(page, "Backlog")
    assert " 0 of 2 slots " in tile(page, "At work")
    assert " 1 " in tile(page, "Waiting for people")
    assert " 1 " in tile(page, "Done today")
    assert "The total is wrong" in page
    assert "robbie" in page


def test_an_empty_room_says_what_would_fill_it(supervisor_client):
    page = supervisor_client.get("/").text

    for text in (
        "No queues yet",
        "No bot has entered yet",
        "Nobody has to decide",
        "No open failures",
    ):
        assert text in page
    assert "nothing waits" in tile(page, "Backlog")
    # alerts take no place while nothing fires
    assert 'id="alerts"' not in page


def test_the_tile_of_people_counts_what_the_inbox_lists(supervisor_client, queue):
    for number in range(3):
        tried(queue, Outcome.BUSINESS_EXCEPTION, reference=f"INV-{number}")
    deliver_outbox()

    page = supervisor_client.get("/").text
    inbox = supervisor_client.get("/inbox/").text

    assert " 3 " in tile(page, "Waiting for people")
    assert inbox.count("data-row") == 3


def test_numbers_are_those_of_the_readers_folders(supervisor_client, queue):
    elsewhere = queue_in(make_folder(), "elsewhere", title="Secret work")
    tried(elsewhere, Outcome.BUSINESS_EXCEPTION, message="Secret problem")
    make_bot(elsewhere.folder, "stranger")
    deliver_outbox()
    fold_counters()

    page = supervisor_client.get("/").text

    assert " 0 " in tile(page, "Waiting for people")
    assert " 0 kinds" in tile(page, "Failures, last hour")
    for text in ("Secret", "stranger"):
        assert text not in page


def test_what_bots_say_stays_text(supervisor_client, queue):
    tried(queue, Outcome.BUSINESS_EXCEPTION, message=SCRIPT, reference=SCRIPT)
    deliver_outbox()

    assert SCRIPT not in supervisor_client.get("/").text


def test_it_costs_the_same_for_many_queues_and_bots(
    supervisor_client, folder, django_assert_max_num_queries
):
    for number in range(8):
        tried(queue_in(folder, f"q-{number}"), Outcome.BUSINESS_EXCEPTION)
        make_bot(folder, f"bot-{number}")
    deliver_outbox()

    with django_assert_max_num_queries(75):
        supervisor_client.get("/")


def test_only_reading_and_only_signed_in(supervisor_client):
    assert supervisor_client.post("/").status_code == 405
    assert "/sign-in/" in Client().get("/")["Location"]


@pytest.mark.parametrize("role", ["business_client", "auditor_client", "admin_client"])
def test_every_role_may_see_it(request, queue, role):
    assert request.getfixturevalue(role).get("/").status_code == 200


# --- numbers --------------------------------------------------------------------------------------


def test_problems_of_the_last_hour_are_compared_with_a_week_ago(folder, queue):
    tried(queue, Outcome.APPLICATION_EXCEPTION)
    tried(queue, Outcome.BUSINESS_EXCEPTION)

    now = now_in(folder)

    assert now.problems == Counted(2)
    # the queue is of today: nothing is known of a week ago, and 0 would be a lie
    assert now.week_ago is None


def test_straight_through_is_what_no_person_had_to_touch(folder, queue, supervisor):
    # given three items that were done by bots alone, and one after a decision
    for number in range(3):
        tried(queue, Outcome.SUCCESSFUL, reference=f"INV-{number}")
    helped = tried(queue, Outcome.BUSINESS_EXCEPTION, reference="INV-9")
    deliver_outbox()
    task = UserTask.objects.get(item_id=helped.pk)
    answer = Answer(decision="done_by_hand", version=task.version, reference="DOC-1")
    decide(task, answer, by=supervisor.actor)
    record_deadlines()

    now = now_in(folder)

    assert (now.done_today, now.helped_today) == (4, 1)
    assert now.straight_through == 75
    assert "75.0" in tiles_of(now, [], ["done"])[0]["note"]


def test_of_what_waits_for_people_it_says_how_much_is_overdue_and_since_when(
    folder, queue, monkeypatch
):
    # given three tasks, of which the two last ones are overdue
    for number in range(3):
        tried(queue, Outcome.BUSINESS_EXCEPTION, reference=f"INV-{number}")
    deliver_outbox()
    first, *overdue = UserTask.objects.order_by("pk")
    now = database_now()
    UserTask.objects.filter(pk=first.pk).update(created_at=now - 2 * HOUR)
    UserTask.objects.filter(pk__in=[task.pk for task in overdue]).update(due_at=now - HOUR)

    found = now_in(folder)

    assert (found.people, found.overdue_tasks) == (Counted(3), Counted(2))
    assert found.oldest_task_at == now - 2 * HOUR

    # when there are more than are counted
    monkeypatch.setattr(lists, "MOST_COUNTED", 1)
    found = now_in(folder)

    assert (found.people, found.overdue_tasks) == (Counted(1, True), Counted(1, True))
    assert "≥ 1 overdue" in tiles_of(found, [], ["people"])[0]["compare"]


def test_before_the_first_end_there_is_no_share(folder):
    assert now_in(folder).straight_through is None


def test_the_backlog_of_the_past_is_counted_back_from_now(folder, queue):
    for number in range(3):
        waiting(queue, f"INV-{number}")
    fold_counters()

    minutes = queries.last_minutes(frozenset([folder.pk]), minutes=5)

    assert len(minutes) == 6
    assert minutes[-1].backlog == 3
    assert minutes[0].backlog == 0


def test_the_chart_leaves_out_what_is_not_over(supervisor_client, queue):
    tried(queue, Outcome.SUCCESSFUL)
    fold_counters()

    page = supervisor_client.get("/").text

    text = re.search(r'data-series="([^"]+)"', page)
    assert text
    series = json.loads(text[1].replace("&quot;", '"'))
    backlog, done, problems = (each["values"] for each in series["series"])
    assert (backlog[-1], done[-1], problems[-1]) == (0, None, None)
    assert len(series["x"]) == len(done) == 61


def test_alike_failures_are_one_line_with_their_count(supervisor_client, queue):
    for reference in ("A", "B"):
        tried(queue, Outcome.APPLICATION_EXCEPTION, message="The ERP is down", reference=reference)
    tried(queue, Outcome.BUSINESS_EXCEPTION, message="The total is wrong", reference="C")
    deliver_outbox()
    group_failures()

    page = supervisor_client.get("/").text

    part = page.split('id="problems"')[1].split("</section>")[0]
    assert part.count("overview-failure-") == 2
    assert "The ERP is down" in part
    assert "2 times" in part


def test_what_fires_is_there_with_its_number_in_the_rail(supervisor_client, folder):
    for where, title in ((folder, "Backlog too old"), (make_folder(), "Secret alert")):
        Alert.objects.create(folder=where, title=title, source_key="trigger:1")

    page = supervisor_client.get("/").text

    part = page.split('id="alerts"')[1].split("</section>")[0]
    assert "Backlog too old" in part
    assert "1 firing" in part
    assert "Secret alert" not in page
    assert 'data-live="overview.firing"' in page


def test_a_run_shows_the_item_it_told_about(folder, queue):
    run = make_run(make_automation(folder), make_bot(folder))
    first, second = waiting(queue, "A"), waiting(queue, "B")
    held = lease_items(queue.pk, n=2, bot="robbie", run_id=run.pk)
    token = next(each.token for each in held if each.id == second.pk)
    record_progress(second.pk, token, progress=0.4)

    hand = queries.in_hand_of([run.pk])[run.pk]

    assert (hand.item.pk, hand.share, hand.n_items) == (second.pk, 40, 2)
    assert first.pk != second.pk
    assert Run.objects.get().pk == run.pk
    assert Lease.objects.count() == 2


def test_the_bots_of_the_overview_show_it_too(supervisor_client, folder, queue):
    run = make_run(make_automation(folder), make_bot(folder))
    waiting(queue, "INV-77")
    lease_items(queue.pk, n=1, bot="robbie", run_id=run.pk)

    page = supervisor_client.get("/").text

    assert "INV-77" in page
    assert "test.patient" in page or "Patient" in page or str(run.version.automation) in page


@pytest.mark.parametrize(("problems", "usual", "state"), [
    (0, 0, "ok"), (3, 3, "ok"), (4, 3, "watch"), (30, 3, "act"), (6, 0, "act"), (5, 0, "watch"),
])  # fmt: skip
def test_many_more_problems_than_usual_are_worth_an_act(folder, problems, usual, state):
    ago = WeekAgo(0, 0, 0, problems=usual, done=0, due=0, missed=0)
    now = replace(now_in(folder), problems=Counted(problems), week_ago=ago)

    (tile,) = tiles_of(now, [], ["failures"])
    assert tile["state"] == state


def test_tiles_open_by_their_keys(supervisor_client):
    page = supervisor_client.get("/").text

    for key in range(1, 7):
        assert f'data-key="{key}"' in page


def test_ended_items_are_not_counted_as_backlog(folder, queue):
    tried(queue, Outcome.SUCCESSFUL)

    assert Ended.objects.count() == 1
    assert now_in(folder).backlog == Counted(0)
