"""The tail: every line once, in whatever order transactions commit."""

import random
import threading

import psycopg
import pytest
from django.db import connection

from apps.bots.logs import Line, Speaker, append_log
from apps.lib.errors import InvalidError
from apps.log import tailing
from apps.log.reading import older
from tests.log.made import say, scope

FORGED = [
    "1", "1:2:", "1:2:3", "0.0", "5.4.9", "5.4.0.0", "a.b.c.d.", ".1", "x.1", "1.2." + "1." * 300,
    "fffffffffffffffff.1", "ffffffffffffffff.1", "7fffffffffffffff.1", "5.4.1.0", "٣.1", "-1.2",
]  # fmt: skip


def said_since(where, cursor):
    tail = tailing.since(where, cursor)
    return [each.message for each in tail.entries], tail.cursor


@pytest.mark.django_db(transaction=True)
def test_what_was_said_since_is_told_once(folder):
    where = scope(folder)
    say(folder, "before")
    cursor = tailing.now()
    say(folder, "one", "two")

    told, cursor = said_since(where, cursor)
    assert told == ["one", "two"]
    assert said_since(where, cursor)[0] == []


@pytest.mark.django_db(transaction=True)
def test_what_a_slow_transaction_wrote_earlier_is_not_passed_by(folder):
    # given somebody who writes first and commits last
    where, cursor = scope(folder), tailing.now()
    with psycopg.connect(**connection.get_connection_params()) as slow:
        slow.execute(
            "insert into bots_logline (at, folder_id, level, message)"
            " values (clock_timestamp(), %s, 'info', 'slow')",
            [folder.pk],
        )
        say(folder, "quick")
        told, cursor = said_since(where, cursor)
        assert told == ["quick"]

    # when it has committed
    told, cursor = said_since(where, cursor)

    # then
    assert told == ["slow"]
    assert said_since(where, cursor)[0] == []


@pytest.mark.django_db(transaction=True)
def test_of_many_who_write_at_once_nothing_is_lost_and_nothing_comes_twice(folder):
    where, cursor = scope(folder), tailing.now()
    writers = [threading.Thread(target=write_some, args=(folder.pk, n)) for n in range(4)]
    for writer in writers:
        writer.start()

    told = []
    while any(writer.is_alive() for writer in writers):
        more, cursor = said_since(where, cursor)
        told += more
    told += said_since(where, cursor)[0]

    assert sorted(told) == sorted(f"{n}-{i}" for n in range(4) for i in range(60))


def write_some(folder_id, n):
    """Write lines in transactions of all lengths."""
    chance = random.Random(n)  # noqa: S311
    from django.db import transaction

    i = 0
    while i < 60:
        with transaction.atomic():
            for _each in range(min(chance.randint(1, 7), 60 - i)):
                append_log(Speaker(folder_id=folder_id), [Line(f"{n}-{i}")])
                i += 1
    connection.close()


@pytest.mark.django_db(transaction=True)
def test_more_than_can_be_read_is_counted(folder, monkeypatch):
    monkeypatch.setattr(tailing, "MOST", 3)
    where, cursor = scope(folder), tailing.now()
    say(folder, *[f"line {n}" for n in range(5)])

    tail = tailing.since(where, cursor)

    assert [each.message for each in tail.entries] == ["line 2", "line 3", "line 4"]
    assert tail.n_left_out == 2


@pytest.mark.django_db(transaction=True)
def test_the_tail_is_filtered_like_the_page(folder):
    cursor = tailing.now()
    say(folder, "INV-7 fine", run_id=5)
    say(folder, "INV-7 broke", level="error", run_id=6)

    for said in ({"level": "error"}, {"run": "6"}, {"q": "inv-7", "level": "warning"}):
        where = scope(folder, **said)
        assert said_since(where, cursor)[0] == ["INV-7 broke"]
        assert [each.message for each in older(where, n=9).entries] == ["INV-7 broke"]
    assert said_since(scope(folder, q="inv 8"), cursor)[0] == []


SNAPSHOTS = [
    "100:100:",
    "100:200:100,150,199",
    "4294967296:4294969000:4294967296,4294968000",
    f"1000:9000:{','.join(str(1000 + 13 * n) for n in range(600))}",
    f"{2**60}:{2**61}:{','.join(str(2**60 + 2**50 * n) for n in range(60))}",
]


@pytest.mark.parametrize("snapshot", SNAPSHOTS)
def test_a_cursor_is_short_and_never_claims_that_more_was_seen(snapshot):
    cursor = tailing.written(snapshot)

    low, high, running = read_snapshot(snapshot)
    low2, high2, running2 = read_snapshot(tailing.snapshot_of(cursor))
    assert len(cursor) <= 180
    assert low2 == low
    assert high2 <= high
    assert running2 == {each for each in running if each < high2}
    assert len(running) > 20 or (high2, running2) == (high, running)


def read_snapshot(text):
    low, high, running = text.split(":")
    return int(low), int(high), {int(each) for each in running.split(",") if each}


@pytest.mark.django_db
@pytest.mark.parametrize("cursor", FORGED)
def test_a_forged_cursor_is_refused(folder, cursor):
    with pytest.raises(InvalidError):
        tailing.since(scope(folder), cursor)


@pytest.mark.django_db
def test_lines_of_another_server_are_history_after_a_restore(folder):
    # given a line whose transaction has not begun here yet
    say(folder, "restored")
    with connection.cursor() as cursor:
        cursor.execute(
            "update bots_logline set written_in ="
            " (pg_snapshot_xmax(pg_current_snapshot())::text::bigint + 1000000)::text::xid8"
        )

    assert said_since(scope(folder), tailing.now())[0] == []
    assert [each.message for each in older(scope(folder), n=9).entries] == ["restored"]
