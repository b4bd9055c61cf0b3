"""The live hub when something fails: a fragment, the database, the process itself."""

import pytest

from apps.events.hub import Timing
from tests.events.pages import (
    BY_NUDGES_ONLY,
    Page,
    open_pages,
    run,
    running_hub,
    session_of,
)

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_fragment_that_fails_is_tried_again_and_harms_no_other(counters, supervisor, folder):
    counters.put("a", 1, folder.pk)
    session = session_of(supervisor)
    faults = iter([ValueError("bad luck"), ValueError("again")])

    def fail_twice() -> None:
        if (fault := next(faults, None)) is not None:
            raise fault

    counters.before_rendering = fail_twice

    async def scenario():
        timing = Timing(tick=0.02, check=0.1, check_without_redis=0.05)
        async with running_hub(timing), open_pages(session) as [page]:
            await page.subscribe("test.counter:a")
            return await page.next_op()

    assert "<b>1</b>" in run(scenario())["html"]


def test_sockets_close_when_nobody_knows_what_is_true(counters, supervisor, folder, monkeypatch):
    counters.put("a", 1, folder.pk)
    session = session_of(supervisor)
    timing = Timing(tick=0.02, check=0.1, check_without_redis=0.05, database_grace=0.2, session=600)

    async def scenario():
        async with running_hub(timing):
            page = await Page(session).open()
            await page.subscribe("test.counter:a")
            await page.hear()
            # every new connection fails from now on
            monkeypatch.setitem(_database_settings(), "PORT", "1")
            try:
                return await page.ended()
            finally:
                monkeypatch.undo()

    assert run(scenario()) == 1012


def _database_settings():
    from django.db import connections

    return connections.databases["default"]


def test_a_stopping_process_closes_its_sockets_as_for_a_restart(counters, supervisor, folder):
    session = session_of(supervisor)

    async def scenario():
        async with running_hub(BY_NUDGES_ONLY):
            page = await Page(session).open()
            await page.hear("hello")
        return await page.ended()

    assert run(scenario()) == 1012
