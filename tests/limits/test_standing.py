"""What others read: where applications stand, freezes, seats; and how health is drawn."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from apps.lib.clock import database_now
from apps.limits import drawing, holders, presenting, users
from apps.limits.standing import (
    application_standing,
    freezes_now,
    limits_of,
    next_freeze,
    stop_of,
    usage,
)
from tests.factories import make_folder
from tests.factories_limits import (
    held,
    make_application,
    make_freeze,
    make_limit,
    make_stop,
    opened,
)

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 2, 12, 7, 30, tzinfo=UTC)


def test_a_stop_holds_in_its_folder_alone(folder):
    stop = make_stop(folder)

    assert stop_of(folder.pk) == stop
    assert stop_of(make_folder().pk) is None


def test_freezes_hold_for_what_they_are_about(folder):
    erp, crm = make_application(folder), make_application(folder)
    all_work = make_freeze(folder, ends_in=600)
    of_erp = make_freeze(folder, erp, ends_in=7_200)
    make_freeze(folder, erp, begins_in=-7_200, ends_in=-3_600)
    later = make_freeze(folder, crm, begins_in=3_600, ends_in=7_200)
    make_freeze(make_folder())

    assert freezes_now(folder.pk) == [of_erp, all_work]
    assert freezes_now(folder.pk, application_ids=[]) == [all_work]
    assert freezes_now(folder.pk, application_ids=[crm.pk]) == [all_work]
    assert freezes_now(folder.pk, application_ids=[erp.pk, crm.pk]) == [of_erp, all_work]
    assert next_freeze(folder.pk) == later
    assert next_freeze(folder.pk, application_ids=[erp.pk]) is None


def test_where_an_application_stands(folder):
    erp = make_application(folder)
    assert application_standing(erp).state == "closed"
    opened(erp)
    found = application_standing(erp)
    assert (found.state, found.until, found.reason) == ("open", erp.probe_at, erp.reason)
    assert application_standing(erp, now=erp.probe_at).state == "probing"
    held(erp, seconds=60, reason="Upgrade")
    found = application_standing(erp)
    assert (found.state, found.until, found.reason) == ("held", erp.held_until, "Upgrade")
    assert application_standing(erp, now=erp.held_until).state == "probing"


def test_limits_bind_by_themselves_and_by_applications(folder):
    erp = make_application(folder)
    own, of_erp = make_limit(folder), make_limit(application=erp)
    make_limit(folder)

    assert limits_of(limit_ids=[own.pk], application_ids=[erp.pk]) == [own, of_erp]


@pytest.fixture
def seats():
    """Seats that a table of the test holds; what was registered before is there again after."""
    before = dict(holders._holders)
    with connection.cursor() as cursor:
        cursor.execute(
            "create temporary table held_by_tests (limit_id bigint, id bigint, since timestamptz)"
        )
    holders._holders.clear()
    holders.register("tests", "select limit_id, 'test', id, since from held_by_tests")
    yield lambda limit, n: _hold(limit, n)
    holders._holders.clear()
    holders._holders.update(before)


def _hold(limit, n):
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into held_by_tests select %s, n, now() - n * interval '1 s'"
            " from generate_series(1, %s) n",
            [limit.pk, n],
        )


def test_seats_are_counted_and_named_each_limit_its_own(folder, seats):
    many, one, none = make_limit(folder, size=50), make_limit(folder), make_limit(folder)
    rate = make_limit(folder, size=5, per_seconds=60)
    seats(many, 40)
    seats(one, 1)
    users.register_names("test", lambda ids: {pk: users.Name(f"Test {pk}", "/x/") for pk in ids})

    assert usage([many.pk, one.pk, none.pk]) == {many.pk: 40, one.pk: 1, none.pk: 0}
    assert usage([]) == {}
    rows = presenting.limit_rows([many, one, none, rate], {folder.pk})
    assert [row.held for row in rows] == [40, 1, 0, None]
    assert [row.is_full for row in rows] == [False, True, False, False]
    # the longest first, and those of one limit leave room for those of another
    assert [each.title for each in rows[0].holders[:2]] == ["Test 40", "Test 39"]
    assert rows[0].n_hidden == 40 - presenting.SEATS_SHOWN
    assert [each.title for each in rows[1].holders] == ["Test 1"]


def test_a_freeze_of_the_whole_folder_and_one_of_an_application_show_on_it(folder):
    erp, crm = make_application(folder), make_application(folder)
    long = make_freeze(folder, erp, ends_in=7_200)
    short = make_freeze(folder, ends_in=600)

    assert presenting.frozen_now([erp, crm]) == {erp.pk: long, crm.pk: short}


def test_many_applications_cost_the_same(folder, django_assert_max_num_queries):
    for _ in range(8):
        make_limit(application=make_application(folder))
    found = list(type(make_application(folder)).objects.all())

    with django_assert_max_num_queries(16):
        presenting.application_rows(found, database_now(), {folder.pk})


def test_health_is_drawn_by_quarters_of_an_hour():
    first = drawing.first_span(NOW)
    assert first == datetime(2026, 3, 2, 0, 0, tzinfo=UTC)
    quarter = timedelta(minutes=15)
    spans = drawing.spans_from(
        first, [(NOW - timedelta(minutes=7, seconds=30), 4, 4), (first + quarter, 10, 1)]
    )
    assert len(spans) == drawing.SPANS == 49
    assert (spans[-1].n_failed, spans[1].share, spans[2].share) == (4, 0.1, None)
    assert drawing.last_hour(spans).n == 4
    assert drawing.shares_by_hour(spans)[-1] == 100
    assert len(drawing.shares_by_hour(spans)) == 12

    chart = drawing.chart_of(spans, threshold=0.5, label=lambda at: f"{at:%H:%M}")
    ten_per_cent, all_failed = chart.bars
    assert [bar.is_bad for bar in chart.bars] == [False, True]
    assert all_failed.height == drawing.BOTTOM - drawing.TOP
    assert ten_per_cent.height == pytest.approx(all_failed.height / 10, abs=0.1)
    assert [tick.label for tick in chart.x_ticks] == ["00:00", "03:00", "06:00", "09:00", "12:00"]
    assert chart.x_ticks[-1].anchor == "end"
    assert chart.threshold == (drawing.TOP + drawing.BOTTOM) / 2
    assert all(bar.x + bar.width <= drawing.RIGHT for bar in chart.bars)


def test_without_a_breaker_nothing_is_too_much():
    spans = drawing.spans_from(drawing.first_span(NOW), [(drawing.first_span(NOW), 3, 3)])

    chart = drawing.chart_of(spans, threshold=None, label=str)

    assert chart.threshold is None
    assert [bar.is_bad for bar in chart.bars] == [False]
