"""Figures by day against an independent recount of what was written down."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection

from apps.events.models import Event
from apps.inbox import lifecycle as inbox
from apps.inbox.models import UserTask
from apps.lib.actors import Actor
from apps.queues.lifecycle import cancel_item, edit_item, reopen_item, skip_item
from apps.queues.models import Attempt, WorkItem
from apps.queues.upkeep import fold_counters
from apps.reports.lifecycle import record_again, record_figures, record_span
from apps.reports.models import DayFigure, FigureMark, HelpedEnd
from tests.factories_queues import make_items
from tests.failures.failing import DOWN, WELL, end
from tests.inbox.rows import answer, make_queue, make_task
from tests.reports.days import at, figures_of, record, report, value_of

pytestmark = pytest.mark.django_db

DAY = date(2026, 10, 14)
NEXT = DAY + timedelta(days=1)
NOON = datetime(2026, 10, 14, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
BOT = Actor(None, "bot-1", "bot")


@pytest.fixture
def queue(folder):
    return make_queue(folder, max_attempts=1)


def done_by_bot(queue, n=1):
    make_items(queue, n, payload=PAYLOAD)
    return end(queue, [WELL] * n)


PAYLOAD = {"number": "4711", "total": "1.00"}


def decide(task, who, decision="correct", **said):
    inbox.decide(task, answer(UserTask.objects.get(pk=task.pk), decision, **said), by=who.actor)


def recount(day, items):
    """Count a day once more, from events, tries and tasks alone: no counter, no roll-up."""
    found = Counter()
    hands = {}
    events = Event.objects.filter(subject_type="item").order_by("occurred_at", "id")
    for event in events:
        if event.actor_kind == "person" and event.kind != "work_item.added":
            hands.setdefault(event.subject_id, event.occurred_at)
    ends = {"successful": "done", "failed": "failed", "skipped": "left_out"}
    ends |= {"cancelled": "cancelled"}
    for event in events.filter(occurred_at__date=day):
        to = event.data.get("to")
        if to in ends and event.data["from"] != to:
            found[ends[to]] += 1
            found["helped"] += to == "successful"
        found["reopened"] += event.kind == "work_item.reopened"
        found["by_hand"] += event.kind == "work_item.completed_by_hand"
    words = {"business_exception": "data_problems", "application_exception": "system_problems"}
    for attempt in Attempt.objects.filter(ended_at__date=day):
        if attempt.outcome == "successful":
            found["done"] += 1
            touched = hands.get(attempt.item_id)
            found["helped"] += touched is not None and touched <= attempt.ended_at
        elif attempt.outcome in words:
            found[words[attempt.outcome]] += 1
            found["cause"] += 1
    found["decisions"] = UserTask.objects.filter(
        decided_at__date=day, status="completed", decided_by__isnull=False
    ).count()
    found["added"] = sum(each == day for each in items.values())
    return {key: n for key, n in found.items() if n}


def first_day(queue, business_user, supervisor):
    """Five done by bots alone, one with help and one by hand, and one for each other end."""
    with at(NOON):
        straight = done_by_bot(queue, 5)
        corrected, by_hand, rejected, left_out = (
            make_task(queue, reference=reference) for reference in "abcd"
        )
        (cancelled,) = make_items(queue, payload=PAYLOAD)
        cancel_item(cancelled, by=supervisor.actor, reason="twice")
    with at(NOON + HOUR):
        decide(by_hand, business_user, "done_by_hand", reference="FI-1")
        decide(rejected, business_user, "reject", reason="not ours")
        decide(left_out, business_user, "leave_out", reason="twice")
        decide(corrected, business_user, "correct", payload=corrected.item.payload)
    with at(NOON + 2 * HOUR):
        end(queue, [WELL])
    return straight


def second_day(queue, supervisor, item):
    """One of the first day comes back and is done with help; a new one fails."""
    with at(NOON + 24 * HOUR):
        reopen_item(item, by=supervisor.actor, reason="was wrong")
    with at(NOON + 25 * HOUR):
        end(queue, [WELL])
        make_items(queue, payload=PAYLOAD)
    with at(NOON + 26 * HOUR):
        end(queue, [DOWN])


def test_a_made_up_day_is_what_an_independent_recount_says(queue, business_user, supervisor):
    straight = first_day(queue, business_user, supervisor)
    added = dict.fromkeys(WorkItem.objects.values_list("pk", flat=True), DAY)
    second_day(queue, supervisor, straight[0])
    added |= {pk: NEXT for pk in WorkItem.objects.values_list("pk", flat=True) if pk not in added}

    record(DAY)

    spent = ("decision_seconds", "waited_seconds")
    for day in (DAY, NEXT):
        written = {key: n for key, n in figures_of(day).items() if key not in spent}
        assert written == recount(day, added)
    assert (figures_of(DAY)["done"], figures_of(DAY)["helped"]) == (7, 2)
    assert (figures_of(NEXT)["done"], figures_of(NEXT)["helped"]) == (1, 1)


def test_a_day_stays_as_it_was_when_what_was_done_on_it_is_reopened(queue, supervisor):
    with at(NOON):
        (item,) = done_by_bot(queue)
    with at(NOON + 48 * HOUR):
        reopen_item(item, by=supervisor.actor, reason="was wrong")
        skip_item(item, by=supervisor.actor, reason="nobody needs it")

    record(DAY)

    assert figures_of(DAY) == {"added": 1, "done": 1}
    assert figures_of(DAY + timedelta(days=2)) == {"reopened": 1, "left_out": 1}


def test_an_end_that_was_reopened_before_anybody_looked_is_still_counted_as_helped(
    queue, supervisor
):
    with at(NOON):
        (item,) = make_items(queue, payload=PAYLOAD)
        edit_item(item, version=1, priority=90, by=supervisor.actor)
    with at(NOON + HOUR):
        end(queue, [WELL])
    with at(NOON + 2 * HOUR):
        reopen_item(item, by=supervisor.actor, reason="was wrong")

    record(DAY)

    assert figures_of(DAY)["helped"] == 1
    assert figures_of(DAY)["done"] == 1


def test_what_a_program_edits_is_no_persons_help(queue):
    with at(NOON):
        (item,) = make_items(queue, payload=PAYLOAD)
        edit_item(item, version=1, priority=90, by=Actor(1, "loader", "token"))
        end(queue, [WELL])

    record(DAY)

    assert "helped" not in figures_of(DAY)


@pytest.mark.parametrize(
    ("zone", "moment", "day"),
    [
        # 25 hours: the hour from two to three comes twice, and both are of that day
        ("Europe/Berlin", datetime(2026, 10, 24, 21, 59, tzinfo=UTC), date(2026, 10, 24)),
        ("Europe/Berlin", datetime(2026, 10, 24, 22, 0, tzinfo=UTC), date(2026, 10, 25)),
        ("Europe/Berlin", datetime(2026, 10, 25, 0, 30, tzinfo=UTC), date(2026, 10, 25)),
        ("Europe/Berlin", datetime(2026, 10, 25, 1, 30, tzinfo=UTC), date(2026, 10, 25)),
        ("Europe/Berlin", datetime(2026, 10, 25, 22, 59, tzinfo=UTC), date(2026, 10, 25)),
        ("Europe/Berlin", datetime(2026, 10, 25, 23, 0, tzinfo=UTC), date(2026, 10, 26)),
        # midnight is at a quarter past of UTC, at half past, at three quarters past
        ("Asia/Kathmandu", datetime(2026, 10, 14, 18, 14, tzinfo=UTC), date(2026, 10, 14)),
        ("Asia/Kathmandu", datetime(2026, 10, 14, 18, 15, tzinfo=UTC), date(2026, 10, 15)),
        ("Asia/Kolkata", datetime(2026, 10, 14, 18, 29, tzinfo=UTC), date(2026, 10, 14)),
        ("Asia/Kolkata", datetime(2026, 10, 14, 18, 31, tzinfo=UTC), date(2026, 10, 15)),
        ("Pacific/Chatham", datetime(2026, 10, 14, 10, 14, tzinfo=UTC), date(2026, 10, 14)),
        ("Pacific/Chatham", datetime(2026, 10, 14, 10, 16, tzinfo=UTC), date(2026, 10, 15)),
        # the clocks skip this midnight: the day begins at one
        ("Africa/Cairo", datetime(2026, 4, 23, 21, 59, tzinfo=UTC), date(2026, 4, 23)),
        ("Africa/Cairo", datetime(2026, 4, 23, 22, 0, tzinfo=UTC), date(2026, 4, 24)),
    ],
)
def test_a_day_is_one_of_the_organisations_zone(queue, settings, zone, moment, day):
    settings.ORGANISATION_TIME_ZONE = zone
    with at(moment):
        done_by_bot(queue, 3)

    record(day - timedelta(days=2))

    assert figures_of(day) == {"added": 3, "done": 3}
    assert set(DayFigure.objects.values_list("day", flat=True)) == {day}


def test_after_a_change_of_the_zone_days_are_cut_anew(queue, settings):
    late = datetime.now(UTC).replace(hour=23, minute=30) - timedelta(days=3)
    with at(late):
        done_by_bot(queue)
    record(late.date())
    assert figures_of(late.date()) == {"added": 1, "done": 1}

    settings.ORGANISATION_TIME_ZONE = "Europe/Berlin"
    record_figures()

    assert figures_of(late.date()) == {}
    assert figures_of(late.date() + timedelta(days=1)) == {"added": 1, "done": 1}


def test_writing_a_day_again_counts_nothing_twice_and_takes_in_what_is_new(queue):
    done_by_bot(queue)
    today = datetime.now(UTC).date()
    with at(datetime.now(UTC)):
        pass
    assert record_figures() >= 1
    assert figures_of(today)["done"] == 1

    with at(datetime.now(UTC)):
        done_by_bot(queue)
    record_figures()
    record_figures()

    assert figures_of(today)["done"] == 2


def test_what_waits_to_be_folded_is_waited_for(queue):
    yesterday = datetime.now(UTC) - timedelta(days=1)
    record(yesterday.date())
    done_by_bot(queue)
    with connection.cursor() as cursor:
        cursor.execute("update queues_counterdelta set at = %s", [yesterday])

    record_figures()
    assert FigureMark.objects.get().upto <= yesterday
    with at(datetime.now(UTC)):
        pass
    record_figures()

    assert figures_of(yesterday.date())["done"] == 1


@pytest.mark.django_db(transaction=True)
def test_who_finds_another_one_at_it_leaves_it(queue):
    with other_connection() as other, other.transaction():
        other.execute("select pg_advisory_xact_lock(hashtext('reports: figures'))")
        assert record_figures() == 0
    assert record_figures() >= 1


def test_on_which_items_people_laid_hands_is_found_out_once(queue, business_user):
    with at(NOON):
        task = make_task(queue)
        decide(task, business_user, "done_by_hand", reference="FI-1")
    record(DAY)
    record(DAY)
    assert HelpedEnd.objects.count() == 1


def test_of_a_time_without_anything_there_are_no_shares(folder, queue):
    record(DAY)
    found = report("straight-through", folder, first=str(DAY), last=str(NEXT))
    assert value_of(found, "straight_through_share") is None
    assert value_of(found, "done") == 0
    assert found.tables[0].rows == []


def test_history_that_is_put_in_afterwards_is_counted_once_it_is_asked_for(queue):
    record(DAY)
    with at(NOON):
        done_by_bot(queue, 2)
    record_figures()
    assert figures_of(DAY) == {}

    record_again(DAY)
    record_span()

    assert figures_of(DAY) == {"added": 2, "done": 2}


def test_before_anything_is_recorded_history_that_was_put_in_is_waited_for(queue):
    FigureMark.objects.all().delete()
    done_by_bot(queue)
    with connection.cursor() as cursor:
        cursor.execute("update queues_counterdelta set at = %s", [NOON])

    assert record_figures() == 0
    fold_counters()
    record_span()

    assert FigureMark.objects.get().since == DAY


@pytest.mark.parametrize("since", ["yesterday", "2026-13-01", "0001-01-01"])
def test_a_day_that_makes_no_sense_is_refused(since):
    with pytest.raises(CommandError):
        call_command("record_figures", since=since)


@pytest.mark.django_db(transaction=True)
def test_who_breaks_off_half_way_leaves_the_day_as_it_was(queue):
    with at(NOON):
        done_by_bot(queue, 2)
    record(DAY)
    with at(NOON):
        done_by_bot(queue, 3)
    FigureMark.objects.update(upto=NOON)

    with other_connection() as other, other.transaction():
        # the counts of the day can be written, and then nobody gets any further
        other.execute("lock table bots_run in access exclusive mode")
        with connection.cursor() as cursor:
            cursor.execute("set statement_timeout = '300ms'")
        with pytest.raises(OperationalError):
            record_span()
    with connection.cursor() as cursor:
        cursor.execute("reset statement_timeout")
    assert figures_of(DAY)["done"] == 2
    assert FigureMark.objects.get().upto == NOON

    record_span()

    assert figures_of(DAY)["done"] == 5


def other_connection():
    settings = connection.get_connection_params()
    names = ("host", "port", "user", "password", "dbname")
    return psycopg.connect(**{name: settings[name] for name in names}, autocommit=True)
