"""Claims runs from pools in which many wait, and prints how long that takes.

    python benchmarks/claims.py [--waiting 100 10000 100000] [--claims 15]

Needs DATABASE_URL of a migrated database; works in a folder and a pool of its own, and takes back
what it claims. Measured are a backlog of 20 sources, and the same where nothing in it fits the bot
(it lacks a capability), where only the last run of all fits, and whether a turn is over meanwhile.
"""

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "controlroom.settings")
os.environ.setdefault("LOG_LEVEL", "CRITICAL")

SOURCES = 20
INSERT = """
insert into bots_run (folder_id, version_id, pool_id, status, input, source, share, priority,
                      required_capabilities, n_successful, n_failed, started_because,
                      stop_requested_by, exit_reason, created_at, rank_at, is_data_fault)
select %(folder)s, %(version)s, %(pool)s, 'pending', '{}', 'queue:' || (g %% %(sources)s), 1, 50,
       %(needs)s, 0, 0, '', '', '', now() - interval '1 minute', now() - g * interval '1 ms', false
  from generate_series(1, %(n)s) g
"""


def main() -> None:
    wishes = parse()
    place = make_place()
    for n in wishes.waiting:
        for words, needs, odd in (
            ("all fit", [], None),
            ("none fits", ["sap"], None),
            ("one of all fits", ["sap"], []),
        ):
            fill(place, n, needs, odd)
            claim = typical(lambda: claim_once(place), wishes.claims)
            turn = typical(lambda: turn_once(place), wishes.claims)
            print(f"{n:>9,} wait, {words:<16} claim {claim:6.1f} ms   turn {turn:6.1f} ms")
    clear(place)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--waiting", type=int, nargs="+", default=[100, 10_000, 100_000])
    parser.add_argument("--claims", type=int, default=15)
    return parser.parse_args()


def make_place() -> dict[str, Any]:
    import django

    django.setup()
    from apps.accounts.models import Folder
    from apps.bots.lifecycle import claim_run, create_run
    from apps.bots.models import Automation, AutomationVersion, Bot, BotPool

    key = f"claims-{uuid4().hex[:12]}"
    folder = Folder.objects.create(key=key, title="Claims")
    pool = BotPool.objects.create(folder=folder, key=key, title="Claims")
    bot = Bot.objects.create(folder=folder, pool=pool, name=key, n_slots=4)
    automation = Automation.objects.create(
        folder=folder, pool=pool, key=key, title="Claims", kind="run", function="bench.rest"
    )
    version = AutomationVersion.objects.create(
        automation=automation, number=1, function="bench.rest", fingerprint="0"
    )
    create_run(version)
    at_work = claim_run(pool.pk, bot.pk, 2)
    assert at_work
    names = {"folder": folder.pk, "pool": pool.pk, "version": version.pk, "sources": SOURCES}
    return {**names, "bot": bot.pk, "run": at_work.pk}


def fill(place: dict[str, Any], n: int, needs: list[str], odd: list[str] | None) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "delete from bots_run where pool_id = %(pool)s and status = 'pending'", place
        )
        cursor.execute(INSERT, {**place, "n": n, "needs": needs})
        if odd is not None:
            cursor.execute(INSERT, {**place, "n": 1, "needs": odd})
        cursor.execute("vacuum analyze bots_run")


def claim_once(place: dict[str, Any]) -> None:
    from django.db import transaction

    from apps.bots.lifecycle import claim_run

    with transaction.atomic():
        claim_run(place["pool"], place["bot"], 1)
        transaction.set_rollback(True)


def turn_once(place: dict[str, Any]) -> None:
    from django.db import connection

    from apps.bots.statements import IS_TURN_OVER

    with connection.cursor() as cursor:
        cursor.execute(IS_TURN_OVER, {"run": place["run"], "turn": 0, "refused": []})
        cursor.fetchone()


def typical(job: Callable[[], None], times: int) -> float:
    taken = []
    for _number in range(times):
        began = time.perf_counter()
        job()
        taken.append((time.perf_counter() - began) * 1000)
    return statistics.median(taken)


def clear(place: dict[str, Any]) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("delete from bots_run where pool_id = %(pool)s", place)


if __name__ == "__main__":
    main()
