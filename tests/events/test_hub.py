"""The live hub: one rendering for all who see the same, nothing for those who may not."""

import asyncio
import json

import pytest

from apps.accounts.models import Membership
from apps.accounts.permissions import Rights
from apps.accounts.roles import Role
from apps.events import live
from apps.events.fragments import Audience
from apps.events.hub import Timing
from apps.events.viewers import Viewer
from tests.events.pages import (
    Page,
    all_see,
    in_thread,
    open_pages,
    run,
    running_hub,
    session_of,
    settled,
    until,
)
from tests.factories import make_folder, make_person

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_page_first_gets_what_it_does_not_have_and_then_every_change(
    counters, supervisor, folder
):
    counters.put("a", 1, folder.pk)
    session = session_of(supervisor)

    async def scenario():
        async with running_hub(), open_pages(session) as [page]:
            hello = await page.hear("hello")
            await page.subscribe("test.counter:a")
            first = await page.hear()
            await counters.change("a", 2, folder.pk)
            second = await page.hear()
            return hello, first, second

    hello, first, second = run(scenario())

    assert (hello["v"], type(hello["now"])) == (1, int)
    assert first["ops"][0]["k"] == "html"
    assert "<b>1</b>" in first["ops"][0]["html"]
    assert "<b>2</b>" in second["ops"][0]["html"]
    assert first["ops"][0]["hash"] != second["ops"][0]["hash"]
    assert second["seq"] == first["seq"] + 1


def test_a_page_that_has_the_newest_gets_nothing(counters, supervisor, folder):
    counters.put("a", 1, folder.pk)
    session = session_of(supervisor)

    async def scenario():
        async with running_hub() as hub, open_pages(session, session) as [first, second]:
            await first.subscribe("test.counter:a")
            known = (await first.next_op())["hash"]
            await second.hear("hello")
            await second.subscribe("test.counter:a", have={"test.counter:a": known})
            await until(lambda: all(viewer.panes for viewer in hub.viewers))
            await settled(hub)
            return second.heard_nothing()

    assert run(scenario())


def test_fifty_pages_of_one_audience_are_one_rendering(counters, supervisor, folder):
    counters.put("a", 1, folder.pk)
    session = session_of(supervisor)

    async def scenario():
        async with running_hub() as hub, open_pages(*[session] * 50) as pages:
            await all_see(hub, pages, "test.counter:a")
            counters.renderings.clear()
            await counters.change("a", 2, folder.pk)
            return await asyncio.gather(*(page.next_op() for page in pages))

    ops = run(scenario())

    assert all("<b>2</b>" in op["html"] for op in ops)
    assert len(counters.renderings) == 1


def test_two_audiences_are_two_renderings_each_in_its_language_and_zone(counters, folder):
    counters.put("a", 1, folder.pk)
    ana, ben = make_person("ana", folder=folder), make_person("ben", folder=folder)
    ben.language, ben.time_zone = "de", "Asia/Tokyo"
    ben.save(update_fields=["language", "time_zone"])
    sessions = session_of(ana), session_of(ben)

    async def scenario():
        async with running_hub() as hub, open_pages(*sessions) as pages:
            await all_see(hub, pages, "test.counter:a")
            counters.renderings.clear()
            await counters.change("a", 2, folder.pk)
            return [await page.next_op() for page in pages]

    english, german = run(scenario())

    assert len(counters.renderings) == 2
    assert "<i>Monday</i> <time>12:00</time>" in english["html"]
    assert "<i>Montag</i> <time>21:00</time>" in german["html"]


def test_people_with_different_rights_share_what_looks_the_same_to_them(counters, folder):
    counters.put("a", 1, folder.pk)
    people = [make_person(folder=folder, role=role) for role in (Role.ADMIN, Role.AUDITOR)]
    stranger = make_person(folder=make_folder())
    sessions = [session_of(person) for person in (*people, stranger)]

    async def scenario():
        async with running_hub() as hub, open_pages(*sessions) as pages:
            await all_see(hub, pages, "test.counter:a")
            counters.renderings.clear()
            await counters.change("a", 2, folder.pk)
            told = [await page.next_op() for page in pages[:2]]
            await settled(hub)
            return told, pages[2].heard_nothing()

    [admin, auditor], is_silent = run(scenario())

    assert admin == auditor
    assert is_silent, "what did not exist for the stranger does not now"
    assert len(counters.renderings) == 2


def test_another_folders_fragment_is_gone_and_stays_silent(counters, supervisor, folder):
    elsewhere = make_folder()
    counters.put("secret", 777_333, elsewhere.pk)
    counters.put("mine", 1, folder.pk)
    session = session_of(supervisor)

    async def scenario():
        async with running_hub() as hub, open_pages(session) as [page]:
            await page.subscribe("test.counter:secret", "test.counter:mine", "no.such:1", "Ünknown")
            ops = []
            while len(ops) < 4:
                ops += (await page.hear())["ops"]
            await counters.change("secret", 777_334, elsewhere.pk)
            await counters.change("mine", 2, folder.pk)
            after = await page.hear()
            await settled(hub)
            return ops, after["ops"], page.heard_nothing()

    ops, after, is_silent = run(scenario())

    assert {op["f"]: op["k"] for op in ops} == {
        "test.counter:secret": "gone",
        "test.counter:mine": "html",
        "no.such:1": "gone",
        "Ünknown": "gone",
    }
    assert [op["f"] for op in after] == ["test.counter:mine"]
    assert is_silent
    assert "777" not in json.dumps(ops)


def test_new_rights_change_what_an_open_page_sees(counters, supervisor, folder):
    elsewhere = make_folder()
    counters.put("secret", 7, elsewhere.pk)
    session = session_of(supervisor)

    def grant() -> None:
        Membership.objects.create(user=supervisor, folder=elsewhere, role=Role.AUDITOR)
        live.nudge(f"person:{supervisor.pk}")

    async def scenario():
        async with running_hub(), open_pages(session) as [page]:
            await page.subscribe("test.counter:secret")
            before = await page.next_op()
            await in_thread(grant)
            return before, await page.next_op()

    before, after = run(scenario())

    assert before["k"] == "gone"
    assert "<b>7</b>" in after["html"]


def test_a_lost_nudge_is_healed_by_the_next_check(counters, supervisor, folder):
    counters.put("a", 1, folder.pk)
    session = session_of(supervisor)

    async def scenario():
        async with running_hub(Timing(tick=0.02, check=0.1)), open_pages(session) as [page]:
            await page.subscribe("test.counter:a")
            await page.hear()
            await counters.change("a", 2, folder.pk, silently=True)
            return await page.next_op()

    assert "<b>2</b>" in run(scenario())["html"]


def test_without_redis_pages_are_checked_more_often(counters, supervisor, folder, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    counters.put("a", 1, folder.pk)
    session = session_of(supervisor)
    timing = Timing(tick=0.02, check=600, check_without_redis=0.1)

    async def scenario():
        async with running_hub(timing, with_redis=False), open_pages(session) as [page]:
            await page.subscribe("test.counter:a")
            await page.hear()
            await counters.change("a", 2, folder.pk)
            return await page.next_op()

    assert "<b>2</b>" in run(scenario())["html"]


def test_a_burst_of_nudges_is_conflated_to_the_latest_value(counters, supervisor, folder):
    counters.put("a", 0, folder.pk)
    session = session_of(supervisor)

    async def scenario():
        async with running_hub() as hub, open_pages(session) as [page]:
            await page.subscribe("test.counter:a")
            await page.hear()
            await settled(hub)
            page.reads.clear()
            for count in range(1, 40):
                await counters.change("a", count, folder.pk)
            await in_thread(live.flush)
            await settled(hub)
            page.reads.set()
            frames = 1
            while "<b>39</b>" not in (await page.next_op())["html"]:
                frames += 1
            return frames

    # what was under way when the page stopped reading, and the newest
    assert run(scenario()) <= 3


def test_a_page_that_does_not_read_is_closed_and_its_pending_map_stays_small(
    counters, supervisor, folder
):
    counters.put("a", 0, folder.pk)
    session = session_of(supervisor)
    timing = Timing(tick=0.02, check=600, send=0.3, session=600)

    async def scenario():
        async with running_hub(timing) as hub:
            page = await Page(session).open()
            await page.subscribe("test.counter:a")
            await page.hear()
            [viewer] = hub.viewers
            page.reads.clear()
            for count in range(1, 20):
                await counters.change("a", count, folder.pk)
            most = len(viewer.pending)
            return await page.ended(), most, len(hub.viewers), len(hub.panes)

    code, most, n_viewers, n_panes = run(scenario())

    assert code == 1013
    assert most <= 1
    assert (n_viewers, n_panes) == (0, 0)


def test_memory_is_bounded_by_what_pages_look_at(counters, supervisor, folder):
    session = session_of(supervisor)

    async def scenario():
        async with running_hub() as hub, open_pages(session) as [page]:
            await page.hear("hello")
            [viewer] = hub.viewers
            for turn in range(30):
                await page.subscribe(*(f"test.counter:{turn}-{n}" for n in range(60)))
                await until(lambda turn=turn: f"test.counter:{turn}-0" in viewer.panes)
            sizes = len(hub.panes), len(hub._by_topic), len(viewer.panes), len(viewer.pending)
            hub.topics_changed(f"nobody-looks:{n}" for n in range(10_000))
            await page.subscribe()
            await until(lambda: not viewer.panes)
            return sizes, (len(hub.panes), len(hub._by_topic), len(hub._dirty), len(viewer.have))

    sizes, emptied = run(scenario())

    assert max(sizes) <= 60
    assert emptied == (0, 0, 0, 0)


def test_a_large_frame_is_divided():
    async def scenario():
        viewer = Viewer(Audience(Rights(), "en", "UTC"))
        for n in range(3):
            viewer.hand(f"big:{n}", json.dumps({"k": "data", "d": "x" * 200_000}))
        return [json.loads(viewer.next_frame()) for _ in range(3)]

    frames = run(scenario())

    assert [len(frame["ops"]) for frame in frames] == [1, 1, 1]
    assert [frame["seq"] for frame in frames] == [1, 2, 3]


def test_pausing_holds_everything_back_and_resuming_brings_the_newest(counters, supervisor, folder):
    counters.put("a", 1, folder.pk)
    session = session_of(supervisor)

    async def scenario():
        async with running_hub() as hub, open_pages(session) as [page]:
            await page.subscribe("test.counter:a")
            await page.hear()
            [viewer] = hub.viewers
            page.say({"t": "pause"})
            await until(lambda: viewer.is_paused)
            for count in (2, 3):
                await counters.change("a", count, folder.pk)
            await in_thread(live.flush)
            await settled(hub)
            was_silent = page.heard_nothing()
            page.say({"t": "resume"})
            return was_silent, await page.next_op()

    was_silent, op = run(scenario())

    assert was_silent
    assert "<b>3</b>" in op["html"]


def test_a_log_comes_in_steps_from_where_the_page_is(counters, supervisor, folder):
    counters.put("log", 8, folder.pk)
    session = session_of(supervisor)

    async def scenario():
        async with running_hub(), open_pages(session, session) as [fresh, informed]:
            await fresh.subscribe("test.lines:log")
            await informed.subscribe("test.lines:log", have={"test.lines:log": "7"})
            steps = [await fresh.next_op() for _ in range(3)]
            late = await informed.next_op()
            await counters.change("log", 9, folder.pk)
            return steps, late, await fresh.next_op(), await informed.next_op()

    steps, late, *newest = run(scenario())

    assert [[line["n"] for line in op["d"]["lines"]] for op in steps] == [
        [0, 1, 2],
        [3, 4, 5],
        [6, 7],
    ]
    assert [op["d"]["more"] for op in steps] == [True, True, False]
    assert late["d"] == {"lines": [{"n": 7}], "cursor": "8", "more": False}
    assert [op["d"]["lines"] for op in newest] == [[{"n": 8}], [{"n": 8}]]
