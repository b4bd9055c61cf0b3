"""Keyset pages over real rows: nothing twice, nothing left out, no bad cursor gets through."""

import base64
import json
from contextlib import suppress
from uuid import UUID

import pytest
from django.db.models.functions import Now
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.events.models import Event, Heartbeat
from apps.lib.errors import InvalidError
from apps.lib.pagination import MAX_LIMIT, decode_cursor, encode_cursor, page_of

pytestmark = pytest.mark.django_db

BY_NAME = ("name",)
NEWEST_FIRST = ("-occurred_at", "-id")


def _event(n: int) -> Event:
    # all in one transaction, hence all at the same time: the id decides
    return Event.objects.create(
        kind="x", subject_type="x", subject_id=n, actor_name="x", actor_kind="system"
    )


@pytest.mark.parametrize("order", [NEWEST_FIRST, ("occurred_at", "id"), ("-occurred_at", "id")])
def test_pages_together_are_the_list(order):
    for n in range(7):
        _event(n)
    whole = [event.id for event in Event.objects.order_by(*order)]

    seen, cursor = [], ""
    while cursor is not None:
        page = page_of(Event.objects.all(), order=order, limit=3, cursor=cursor)
        seen += [event.id for event in page.items]
        cursor = page.next_cursor

    assert seen == whole


def test_a_full_last_page_has_no_next(django_assert_num_queries):
    for n in range(3):
        _event(n)

    with django_assert_num_queries(1):
        page = page_of(Event.objects.all(), order=NEWEST_FIRST, limit=3)

    assert len(page.items) == 3
    assert page.next_cursor is None


def test_rows_that_come_meanwhile_move_nothing():
    for name in "bdf":
        Heartbeat.objects.create(name=name)
    first = page_of(Heartbeat.objects.all(), order=BY_NAME, limit=2)
    Heartbeat.objects.create(name="a")
    Heartbeat.objects.filter(name="b").delete()

    second = page_of(Heartbeat.objects.all(), order=BY_NAME, limit=2, cursor=first.next_cursor)

    assert [row.name for row in second.items] == ["f"]


def test_the_limit_has_limits():
    Heartbeat.objects.bulk_create(Heartbeat(name=f"{n:04}") for n in range(MAX_LIMIT + 1))

    most = page_of(Heartbeat.objects.all(), order=BY_NAME, limit=1_000_000)
    least = page_of(Heartbeat.objects.all(), order=BY_NAME, limit=0)

    assert (len(most.items), len(least.items)) == (MAX_LIMIT, 1)


def test_a_cursor_keeps_values_to_the_microsecond():
    row = Heartbeat.objects.create(name="a", at=Now())
    row.refresh_from_db()

    assert decode_cursor(encode_cursor(row, ("at", "name")), ("at", "name")) == [row.at, "a"]


def _cursor(order: str, *values: object) -> str:
    return base64.urlsafe_b64encode(json.dumps([order, *values]).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "ä",
        "=" * 2_000,
        _cursor("name", "a"),
        _cursor("-occurred_at,-id"),
        _cursor("-occurred_at,-id", {"at": "2026-01-01"}, 1),
        _cursor("-occurred_at,-id", {"at": "never"}, 1),
        _cursor("-occurred_at,-id", {"uuid": UUID("9f162025-0510-4a99-9028-945c828c02b8").hex}, 1),
        _cursor("-occurred_at,-id", {"other": 1}, 1),
        _cursor("-occurred_at,-id", "soon", 1),
        _cursor("-occurred_at,-id", {"at": "2026-01-01T00:00:00+00:00"}, "abc"),
        _cursor("-occurred_at,-id", {"at": "2026-01-01T00:00:00+00:00"}, "\x00"),
        _cursor("-occurred_at,-id", {"at": "2026-01-01T00:00:00+00:00"}, float("nan")),
        _cursor("-occurred_at,-id", {"at": "2026-01-01T00:00:00+00:00"}, None),
        _cursor("-occurred_at,-id", True, [1]),
    ],
)
def test_a_cursor_that_was_not_ours_is_refused(cursor):
    with pytest.raises(InvalidError) as refused:
        page_of(Event.objects.all(), order=NEWEST_FIRST, cursor=cursor)

    assert refused.value.fields[0].path == "cursor"


_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.dictionaries(st.sampled_from(["at", "uuid", "x"]), inner) | st.lists(inner),
    max_leaves=4,
)


@settings(
    max_examples=200,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(_values, min_size=2, max_size=2))
def test_no_cursor_whatsoever_is_a_server_error(values):
    cursor = _cursor("-occurred_at,-id", *values)

    with suppress(InvalidError):
        page_of(Event.objects.all(), order=NEWEST_FIRST, cursor=cursor)
