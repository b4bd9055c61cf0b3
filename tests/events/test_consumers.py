"""The socket: who may open it, when it ends, and what it refuses to listen to."""

import asyncio
import json

import pytest
from channels.sessions import CookieMiddleware
from django.contrib.auth import logout
from django.contrib.sessions.models import Session
from django.http import HttpRequest
from django.test import Client

from apps.accounts.models import Membership, User
from apps.events import consumers
from apps.events.consumers import LiveConsumer
from apps.events.hub import Timing
from tests.events.pages import (
    Page,
    in_thread,
    open_pages,
    run,
    running_hub,
    session_of,
)

pytestmark = pytest.mark.django_db(transaction=True)

ASKING_OFTEN = Timing(tick=0.02, check=600, session=0.1)


async def _end_of_a_page(session: str | None) -> int | None:
    async with running_hub(with_redis=False) as hub:
        page = await Page(session).open()
        code = await page.ended()
        assert not hub.viewers
        return code


@pytest.mark.parametrize("session", [None, "no-such-session"], ids=["none", "unknown"])
def test_without_a_session_the_socket_closes_with_sign_in(counters, session):
    code = run(_end_of_a_page(session))

    assert code == 4401


def test_who_may_see_nothing_is_told_so(counters, supervisor):
    session = session_of(supervisor)
    Membership.objects.all().delete()

    code = run(_end_of_a_page(session))

    assert code == 4403


def _remove_session(person: User) -> None:
    Session.objects.all().delete()


def _disable(person: User) -> None:
    User.objects.filter(pk=person.pk).update(is_active=False)


def _change_password(person: User) -> None:
    person.set_password("another long password")
    person.save(update_fields=["password"])


@pytest.mark.parametrize(
    "revoke",
    [_remove_session, _disable, _change_password],
    ids=["session removed", "person disabled", "password changed"],
)
def test_an_open_socket_closes_once_the_person_is_no_longer_signed_in(counters, supervisor, revoke):
    session = session_of(supervisor)

    async def scenario():
        async with running_hub(ASKING_OFTEN, with_redis=False):
            page = await Page(session).open()
            await page.hear("hello")
            await in_thread(lambda: revoke(supervisor))
            return await page.ended()

    assert run(scenario()) == 4401


def test_signing_out_closes_the_persons_sockets_at_once(counters, supervisor):
    session = session_of(supervisor)

    def sign_out() -> None:
        request = HttpRequest()
        request.session = Client().session.__class__(session)
        request.user = supervisor
        logout(request)

    async def scenario():
        # the regular check would come in ten minutes
        async with running_hub():
            page = await Page(session).open()
            await page.hear("hello")
            await in_thread(sign_out)
            return await page.ended()

    assert run(scenario()) == 4401


def test_a_person_who_loses_the_last_right_is_turned_away(counters, supervisor):
    session = session_of(supervisor)

    async def scenario():
        async with running_hub(ASKING_OFTEN, with_redis=False):
            page = await Page(session).open()
            await page.hear("hello")
            await in_thread(lambda: Membership.objects.all().delete())
            return await page.ended()

    assert run(scenario()) == 4403


def test_a_ping_is_answered_with_its_count(counters, supervisor):
    session = session_of(supervisor)

    async def scenario():
        async with running_hub(with_redis=False), open_pages(session) as [page]:
            page.say({"t": "ping", "c": 1763829807123})
            return await page.hear("pong")

    assert run(scenario()) == {"t": "pong", "c": 1763829807123}


@pytest.mark.parametrize(
    "said",
    [
        "no json",
        "[" * 100_000,
        "[]",
        "{}",
        {"t": "do", "what": "cancel everything"},
        {"t": "sub", "v": 1},
        {"t": "sub", "v": 2, "f": []},
        {"t": "sub", "v": 1, "f": [1]},
        {"t": "sub", "v": 1, "f": [f"test.counter:{n}" for n in range(61)]},
        {"t": "sub", "v": 1, "f": [], "have": [1]},
        {"t": "ping", "c": {"deep": 1}},
        {"t": "sub", "v": 1, "f": ["x" * 70_000]},
    ],
    ids=lambda said: json.dumps(said)[:40],
)
def test_what_is_not_in_the_protocol_closes_the_socket(counters, supervisor, said):
    session = session_of(supervisor)

    async def scenario():
        async with running_hub(with_redis=False) as hub:
            page = await Page(session).open()
            page.say(said)
            code = await page.ended()
            return code, len(hub.viewers), len(hub.panes)

    assert run(scenario()) == (1008, 0, 0)


def test_bytes_close_the_socket(counters, supervisor):
    session = session_of(supervisor)

    async def scenario():
        async with running_hub(with_redis=False):
            page = await Page(session).open()
            page._to_server.put_nowait({"type": "websocket.receive", "bytes": b"{}"})
            return await page.ended()

    assert run(scenario()) == 1008


def test_a_page_that_talks_too_much_is_closed(counters, supervisor):
    session = session_of(supervisor)

    async def scenario():
        async with running_hub(with_redis=False):
            page = await Page(session).open()
            for count in range(consumers.BURST * 2):
                page.say({"t": "ping", "c": count})
            return await page.ended()

    assert run(scenario()) == 1008


def test_a_full_process_turns_further_pages_away(counters, supervisor, monkeypatch):
    session = session_of(supervisor)
    monkeypatch.setattr(consumers, "MAX_VIEWERS", 1)

    async def scenario():
        async with running_hub(with_redis=False), open_pages(session) as [first]:
            await first.hear("hello")
            second = await Page(session).open()
            return await second.ended()

    assert run(scenario()) == 1013


def test_a_socket_that_broke_while_being_written_to_is_let_go(counters, supervisor, folder):
    counters.put("a", 1, folder.pk)
    session = session_of(supervisor)

    class BrokenPage(Page):
        async def _take(self, message):
            if message["type"] == "websocket.send" and '"t":"f"' in message["text"]:
                raise ConnectionResetError
            await super()._take(message)

    async def scenario():
        async with running_hub(with_redis=False) as hub:
            page = await BrokenPage(session).open()
            await page.subscribe("test.counter:a")
            return await page.ended(), len(hub.viewers)

    assert run(scenario()) == (None, 0)


def test_the_session_comes_from_the_browsers_cookie(counters, supervisor, folder, settings):
    counters.put("a", 1, folder.pk)
    cookie = f"{settings.SESSION_COOKIE_NAME}={session_of(supervisor)}".encode()
    application = CookieMiddleware(LiveConsumer.as_asgi())

    async def scenario():
        heard: asyncio.Queue[dict] = asyncio.Queue()
        said: asyncio.Queue[dict] = asyncio.Queue()
        scope = {"type": "websocket", "path": "/ws/live/", "headers": [(b"cookie", cookie)]}
        async with running_hub(with_redis=False):
            task = asyncio.create_task(application(scope, said.get, heard.put))
            said.put_nowait({"type": "websocket.connect"})
            accepted, hello = await heard.get(), await heard.get()
            said.put_nowait({"type": "websocket.disconnect", "code": 1000})
            await task
            return accepted["type"], json.loads(hello["text"])["t"]

    assert run(scenario()) == ("websocket.accept", "hello")
