"""Fills the log with lines and prints how long its pages take, and how many rows they read.

    python benchmarks/log.py [--lines 2000000] [--keep]

Needs DATABASE_URL of a migrated database. Lines are spread over 60 days, three folders, 40 queues
and 100 bots; their words are common, rare, in every third line of the oldest week alone, or in
three lines each (invoice numbers). For each question all statements are asked again with EXPLAIN
(ANALYZE): a sequential scan of a month, or a node that reads more rows than the bounds of
apps/log/reading.py allow, is a failure. At the end lines are written as bots write them. `--keep`
asks of what an earlier call left there.
"""

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "controlroom.settings")
os.environ.setdefault("LOG_LEVEL", "CRITICAL")

CHUNK = 100_000
DAYS = 60
LOOKS = 9
BATCH = 200
FOLDERS = (900_001, 900_002, 900_003)

FILL = """
insert into bots_logline
       (at, folder_id, run_id, bot_id, queue_id, item_id, attempt, level, message, fields,
        correlation_id)
select now() - make_interval(secs => %(days)s * 86400.0 * (1 - n::float8 / %(all)s)),
       900001 + (n %% 97 > 80)::int + (n %% 997 = 0)::int, n / 500, n / 500 %% 100,
       n / 500 %% 40, n / 5, 1,
       case when n %% 1000 = 7 then 'error' when n %% 100 = 3 then 'warning' else 'info' end,
       'Invoice INV-2026-' || lpad((n / 3)::text, 8, '0') || ' of vendor v' || n %% 200
       || case when n %% 50000 = 11 then ' met a deadlock' else ' was read' end
       || case when n < %(all)s / 9 and n %% 3 = 0 then ' by the legacy portal' else '' end,
       jsonb_build_object('total', n %% 9973), ''
  from generate_series(%(first)s::bigint, %(last)s::bigint) as n
"""

QUESTIONS = {
    "the end": {},
    "one run": {"run": "1000"},
    "one item": {"item": "#200000"},
    "a queue": {"queue": "7"},
    "a bot": {"bot": "9"},
    "warnings and errors": {"level": "warning"},
    "errors": {"level": "error"},
    "errors of a queue": {"queue": "7", "level": "error"},
    "a word of every line": {"q": "invoice"},
    "a word of one line in 200": {"q": "v117"},
    "a word of one line in 50 000": {"q": "deadlock"},
    "a word of the oldest week alone": {"q": "legacy portal"},
    "an invoice number": {"q": "INV-2026-00001234"},
    "how an invoice number begins": {"q": "inv-2026-0000123"},
    "a word that nobody said": {"q": "unobtainium"},
    "a rare word in a queue": {"q": "deadlock", "queue": "7"},
    "a common word among errors": {"q": "invoice", "level": "error"},
    "a common word where it is rare": {"q": "legacy", "level": "error"},
    "an hour of a month ago": {"since": "HOUR", "until": "HOUR+1"},
    "a word in that hour": {"since": "HOUR", "until": "HOUR+1", "q": "v117"},
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lines", type=int, default=2_000_000)
    parser.add_argument("--keep", action="store_true")
    wishes = parser.parse_args()
    import django

    django.setup()
    if not wishes.keep:
        fill(wishes.lines)
    print(f"{count():,} lines, {size()}")
    worst = [ask(name, said) for name, said in QUESTIONS.items()]
    ask_for_tail()
    write()
    return 0 if all(worst) else 1


def fill(n_lines: int) -> None:
    from django.db import connection

    began = time.perf_counter()
    for first in range(0, n_lines, CHUNK):
        last = min(first + CHUNK, n_lines) - 1
        with connection.cursor() as cursor:
            values = {"days": DAYS, "all": n_lines, "first": first, "last": last}
            cursor.execute(FILL, values)
    filled = time.perf_counter() - began
    with connection.cursor() as cursor:
        cursor.execute("vacuum analyze bots_logline")
    print(f"{n_lines:,} lines put in, {n_lines / filled:,.0f} a second, one statement a time")


def count() -> int:
    return int(asked("select count(*) from bots_logline"))


def size() -> str:
    text = """select pg_size_pretty(sum(pg_table_size(inhrelid))) || ' of lines, '
                     || pg_size_pretty(sum(pg_indexes_size(inhrelid))) || ' of indexes'
                from pg_inherits where inhparent = 'bots_logline'::regclass"""
    return str(asked(text))


def asked(text: str) -> Any:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(text)
        return cursor.fetchone()[0]


def ask(name: str, said: dict[str, str]) -> bool:
    """Ask as a page does; say how long that takes and how many rows are read at most."""
    from apps.log.asking import LogFilter
    from apps.log.pages import Place, page_of
    from apps.log.reading import BUDGET

    wanted = LogFilter.parse(with_hours(said))
    took = []
    with statements() as seen:
        found = page_of(wanted, Place(), frozenset(FOLDERS))
    for _look in range(LOOKS):
        began = time.perf_counter()
        page_of(wanted, Place(), frozenset(FOLDERS))
        took.append((time.perf_counter() - began) * 1000)
    most, has_scan = read_most(seen)
    note = f", looked back to {found.looked_to.at:%Y-%m-%d}" if found.looked_to else ""
    bad = " SEQUENTIAL SCAN" if has_scan else " TOO MANY ROWS" if most > BUDGET + 1 else ""
    print(
        f"  {name:34} {statistics.median(took):7.1f} ms (at most {max(took):7.1f}),"
        f" {len(found.rows):3} lines, {len(seen):2} statements,"
        f" a node read {most:6,} rows{note}{bad}"
    )
    return not bad


def with_hours(said: dict[str, str]) -> dict[str, str]:
    from datetime import UTC, datetime, timedelta

    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(days=30)
    places = {"HOUR": hour, "HOUR+1": hour + timedelta(hours=1)}
    return {
        name: places[text].isoformat() if text in places else text for name, text in said.items()
    }


@contextmanager
def statements() -> Iterator[list[tuple[str, Any]]]:
    from django.db import connection

    seen: list[tuple[str, Any]] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:  # noqa: FBT001
        if "from bots_logline" in sql and "pg_inherits" not in sql:
            seen.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield seen


def read_most(seen: list[tuple[str, Any]]) -> tuple[int, bool]:
    """Return how many rows of the log one node read at most, and whether one read all there are."""
    from django.db import connection, transaction

    from apps.log.reading import OTHER_WAYS

    most, has_scan = 0, False
    for sql, params in seen:
        with transaction.atomic(), connection.cursor() as cursor:
            if "words @@" in sql and "+ 0) = any" in sql:
                cursor.execute(OTHER_WAYS, ["off"] * 3)
            cursor.execute(f"explain (analyze, format json) {sql}", params)
            [[plan]] = cursor.fetchall()
        for node in nodes((json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"]):
            if node["Node Type"].endswith("Scan") and "Relation Name" in node:
                dropped = node.get("Rows Removed by Filter", 0)
                dropped += node.get("Rows Removed by Index Recheck", 0)
                rows = node["Actual Rows"] * node["Actual Loops"] + dropped
                most = max(most, rows)
                # a month without lines is read as a whole, and rightly
                has_scan |= node["Node Type"] == "Seq Scan" and rows > 0
    return int(most), has_scan


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for each in plan.get("Plans", ()):
        yield from nodes(each)


def ask_for_tail() -> None:
    from apps.log import tailing
    from apps.log.asking import LogFilter
    from apps.log.scopes import scope_of

    scope = scope_of(LogFilter(), frozenset(FOLDERS))
    took = []
    for _look in range(50):
        cursor = tailing.now()
        write_some(1)
        began = time.perf_counter()
        found = tailing.since(scope, cursor)
        took.append((time.perf_counter() - began) * 1000)
        assert len(found.entries) == BATCH, "the tail lost lines, or saw some twice"
    print(f"  the tail after {BATCH} new lines: {statistics.median(took):.1f} ms")


def write() -> None:
    began = time.perf_counter()
    write_some(50)
    seconds = (time.perf_counter() - began) / 50
    print(
        f"  {BATCH} lines as a bot writes them: {seconds * 1000:.1f} ms, {BATCH / seconds:,.0f}/s"
    )


def write_some(n: int) -> None:
    from apps.bots.logs import Line, Speaker, append_log

    lines = [
        Line(f"Invoice INV-2026-{number:08d} of vendor v{number} was read", item_id=number)
        for number in range(BATCH)
    ]
    for _each in range(n):
        append_log(Speaker(folder_id=FOLDERS[0], run_id=1, bot_id=1), lines)


if __name__ == "__main__":
    sys.exit(main())
