"""However many runs wait that a bot can't take, it finds those that it can without reading them."""

from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from django.db import connection
from django.db.models.functions import Now

from apps.accounts.models import Folder
from apps.bots.lifecycle import claim_run, create_run
from apps.bots.models import AutomationVersion, Bot, Run
from apps.bots.registration import register_bot
from apps.bots.releases import default_pool
from apps.bots.statements import CLAIM, IS_TURN_OVER, IS_WANTED
from tests.bots.workers import sample

pytestmark = pytest.mark.django_db

MANY = 3_000


@pytest.fixture
def bot(folder: Folder) -> Bot:
    return register_bot(default_pool(folder), name="tester", n_slots=4)


@pytest.fixture
def version(folder: Folder) -> AutomationVersion:
    version = sample(folder, "test.patient").current_version
    assert version
    return version


def many_wait(version: AutomationVersion, bot: Bot, **needs: Any) -> None:
    pool = bot.pool
    Run.objects.bulk_create(
        Run(
            folder=pool.folder,
            version=version,
            pool=pool,
            source=f"queue:{number % 3}",
            **needs,
        )
        for number in range(MANY)
    )
    Run.objects.filter(status="pending").update(created_at=Now(), rank_at=Now())
    with connection.cursor() as cursor:
        cursor.execute("analyze bots_run")


def read_by(statement: str, **names: Any) -> int:
    """Return how many rows of runs the statement looked at."""
    with connection.cursor() as cursor:
        cursor.execute(f"explain (analyze, format json) {statement}", names)
        (found,) = cursor.fetchone()
    (plan,) = orjson.loads(found) if isinstance(found, str) else found
    return int(sum(_looked_at(node) for node in _nodes(plan["Plan"])))


def _looked_at(node: dict[str, Any]) -> float:
    if node.get("Relation Name") != "bots_run":
        return 0
    removed = ("Rows Removed by Filter", "Rows Removed by Index Recheck")
    each = float(node["Actual Rows"]) + sum(node.get(name, 0) for name in removed)
    return each * float(node["Actual Loops"])


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for below in node.get("Plans", []):
        yield from _nodes(below)


@pytest.mark.parametrize("is_pinned", [True, False])
def test_a_backlog_that_nobody_here_may_take_is_not_read(
    bot: Bot, version: AutomationVersion, is_pinned: bool
) -> None:
    # given a run at work, and many that wait for another bot
    create_run(version)
    at_work = claim_run(bot.pool_id, bot.pk, 1)
    assert at_work
    other = register_bot(bot.pool, name="other", n_slots=4)
    needs = {"pinned_bot": other} if is_pinned else {"required_capabilities": ["sap"]}
    many_wait(version, bot, **needs)
    asked = {"pool": bot.pool_id, "bot": bot.pk, "slot": 2, "refused": []}

    # then neither a claim nor the question whose turn it is looks at all of them
    assert read_by(CLAIM, **asked) < 50
    assert read_by(IS_TURN_OVER, run=at_work.pk, turn=0, refused=[]) < 50
    assert read_by(IS_WANTED, run=at_work.pk, refused=[]) < 50
    assert claim_run(bot.pool_id, bot.pk, 2) is None
    # and the last of all, which may be taken, is found
    last = create_run(version, source="queue:1", priority=0)
    found = claim_run(bot.pool_id, bot.pk, 2)
    assert found
    assert found.pk == last.pk


def test_words_too_many_for_an_index_are_no_fault(bot: Bot, version: AutomationVersion) -> None:
    words = [f"{number:02d} {'x' * 36}" for number in range(100)]
    run = create_run(version, required_capabilities=words)
    assert claim_run(bot.pool_id, bot.pk, 1) is None
    Bot.objects.filter(pk=bot.pk).update(capabilities=words)

    found = claim_run(bot.pool_id, bot.pk, 1)

    assert found
    assert found.pk == run.pk
