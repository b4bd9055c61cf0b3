"""A secret is nowhere but sealed: not on a page, in a log, in Redis, an event, a frame, an error.

One password goes all the ways there are: typed and called in, read by automations that let it slip
wherever they can. Then everything that anybody can see is searched for it. What was said beside it
in the same places is found there, so the search would find the password, too.
"""

import base64
import html
import json
import logging
import threading
from contextlib import contextmanager
from io import StringIO
from urllib.parse import quote

import pytest
from django.conf import settings
from django.db import connection
from redis import Redis

from apps.assets.models import Asset, AssetUse
from apps.bots.board import Board
from apps.bots.horse import RunBeat, execute_run
from apps.bots.lifecycle import claim_run, create_run
from apps.events import live
from apps.lib.keyring import new_key
from apps.lib.secrecy import forget_kept_out
from apps.queues import session as sessions
from apps.queues.models import Attempt, QueueRun, WorkQueue
from tests.api.conftest import program_of
from tests.assets import automations  # noqa: F401 - registers them
from tests.bots.rows import make_bot
from tests.bots.workers import sample
from tests.events.pages import in_thread, open_pages, run, running_hub, session_of
from tests.queues.work import add_work

pytestmark = [pytest.mark.django_db(transaction=True)]

PASSWORD = 'Kanari€n "Vogel" & <7> o\'hara'
USERNAME = "svc-kanarienvogel"
MARKER = "https://sperling.example.com"  # plain, and said wherever the password is


def forms_of(text):
    raw = text.encode()
    return {
        text, repr(text)[1:-1], html.escape(text), quote(text), raw.hex(),
        json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1],
        base64.b64encode(raw).decode()[4:-4], "Vogel",
        base64.b64encode(f"{USERNAME}:{text}".encode()).decode()[-24:-4],
    }  # fmt: skip


def assert_absent(places):
    found = {
        (name, form)
        for name, text in places.items()
        for form in forms_of(PASSWORD) | {USERNAME}
        if form in text
    }
    assert found == set()


@contextmanager
def overheard():
    """What goes to and from Redis meanwhile."""
    client = Redis.from_url(settings.REDIS_URL, socket_timeout=None)
    heard = []
    with client.monitor() as monitor:
        over = threading.Event()

        def listen():
            while not over.is_set():
                heard.append(str(monitor.next_command()))

        listener = threading.Thread(target=listen)
        listener.start()
        try:
            yield heard
        finally:
            live.flush()
            over.set()
            client.ping()
            listener.join()
            client.close()


def whole_database():
    with connection.cursor() as cursor:
        cursor.execute(
            "select c.oid::regclass::text from pg_class c join pg_namespace n"
            " on n.oid = c.relnamespace where n.nspname = 'public' and c.relkind = 'r'"
        )
        tables = [name for (name,) in cursor.fetchall()]
        found = {}
        for table in tables:
            cursor.execute(f"select coalesce(string_agg(t::text, E'\\n'), '') from {table} t")
            found[f"table {table}"] = cursor.fetchone()[0]
    return found


def work_run(folder, bot, name, **run_input):
    version = sample(folder, name).current_version
    create_run(version, run_input=run_input)
    claimed = claim_run(bot.pool_id, bot.pk, 1)
    execute_run(claimed, Board())
    return claimed


def work_items(folder, bot):
    automation = sample(folder, "test.blabs-items")
    queue = WorkQueue.objects.create(
        folder=folder, key="slips", title="Slips", automation=automation
    )
    add_work(queue, *[{"how": how} for how in ("fine", "business", "system", "bug", "ask")])
    QueueRun.objects.create(run=create_run(automation.current_version), queue=queue)
    claimed = claim_run(bot.pool_id, bot.pk, 1)
    beat = RunBeat(claimed, Board())
    sessions.Session(queue, claimed, beat).work()
    beat.end()
    return queue, claimed


def spoken_in(client, program, asset, runs, queue):
    pages = [
        "/settings/assets/", f"/settings/assets/{asset.pk}/", "/settings/", "/runs/", "/",
        *(f"/runs/{each.pk}/" for each in runs), f"/queues/{queue.pk}/", "/inbox/",
        *(f"/items/{pk}/" for pk in queue.items.values_list("pk", flat=True)),
    ]  # fmt: skip
    calls = ["/assets", "/assets/login", "/assets/login/uses", "/user-tasks", "/queues/slips/items"]
    calls += [f"/runs/{each.pk}" for each in runs] + [f"/runs/{each.pk}/log" for each in runs]
    calls += [f"/items/{pk}" for pk in queue.items.values_list("pk", flat=True)]
    answers = {f"page {path}": client.get(path) for path in pages}
    answers |= {f"call {path}": program.get(path) for path in calls}
    assert {name for name, answer in answers.items() if answer.status_code != 200} == set()
    return {name: answer.content.decode() for name, answer in answers.items()}


def errors(client, program, settings):
    """Wrong calls and forms that hold the password, and a secret whose key is gone."""
    page = f"/settings/assets/{Asset.objects.get(key='login').pk}/"
    form = {"username": USERNAME, "password": PASSWORD, "title": ""}
    body = {"kind": "text", "username": USERNAME, "password": PASSWORD}
    answers = {
        "refused form": client.post(page, form),
        "refused call": program.put("/assets/login", {**body, "secret": PASSWORD}),
        "unknown field": program.put("/assets/login", {"pasword": PASSWORD}),
        "wrong type": program.put("/assets/login", {"password": [PASSWORD], "username": 1}),
        "no JSON": program.put("/assets/login", f'{{"password": "{PASSWORD}'.encode()),
    }
    settings.VAULT_KEYS = new_key().text
    answers["without its key"] = program.post("/assets/login/read", {})
    assert {name for name, answer in answers.items() if answer.status_code < 400} == set()
    assert {name for name, answer in answers.items() if answer.status_code >= 500} == set()
    return {name: answer.content.decode() for name, answer in answers.items()}


async def frames_of(session, fragments, act):
    """Return all that an open page gets while `act` goes on in a thread."""
    async with running_hub(), open_pages(session) as [page]:
        await page.subscribe(*fragments)
        heard = [await page.hear()]
        done = await in_thread(act)
        await in_thread(live.flush)
        heard.append(await page.hear())
        while not page.heard_nothing():
            heard.append(await page.hear())
    return done, json.dumps(heard, ensure_ascii=False)


@contextmanager
def product_logs():
    """What this process would write to its log, at the most talkative level."""
    root, written = logging.getLogger(), StringIO()
    [ours] = [each for each in root.handlers if getattr(each, "is_ours", False)]
    handler, level = logging.StreamHandler(written), root.level
    handler.setFormatter(ours.formatter)
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield written
    finally:
        root.removeHandler(handler)
        root.setLevel(level)


def enter_everywhere(client, program, bot):
    """Type the password into forms, and send it by calls; return the asset."""
    own = {"username": USERNAME, "password": PASSWORD}
    login = {"key": "login", "title": "Login", **own}
    client.post("/settings/assets/new/?kind=credential", login)
    asset = Asset.objects.get(key="login")
    client.post(f"/settings/assets/{asset.pk}/bots/", {"bot": bot.pk, **own})
    program.put("/assets/second", {"kind": "secret", "secret": PASSWORD})
    program.put("/assets/url", {"value": MARKER})
    return asset


def let_it_slip(folder, bot):
    ended = work_run(folder, bot, "test.blabs")
    broke = work_run(folder, bot, "test.blabs", **{"raise": True})
    queue, worked = work_items(folder, bot)
    logging.getLogger("somebody").error("broke with %s at %s", PASSWORD, MARKER)
    # the web is another process, which was given nothing
    forget_kept_out()
    return [ended, broke, worked], queue


def test_a_password_is_nowhere_but_sealed(folder, admin, client_of, redis, settings, monkeypatch):
    monkeypatch.setattr(sessions, "LINGER_SECONDS", 0.0)
    client, program, bot = client_of(admin), program_of(admin, folder), make_bot(folder)
    with overheard() as in_redis, product_logs() as logged:
        # given a password in the vault, and people who look on
        asset = enter_everywhere(client, program, bot)
        seen = [f"asset.uses:{asset.pk}", "runs.table"]

        # when automations let it slip, and programs ask for it
        (runs, queue), frames = run(
            frames_of(session_of(admin), seen, lambda: let_it_slip(folder, bot))
        )
        given = program.post("/assets/login/read", {"bot": bot.name}).json()
        places = spoken_in(client, program, asset, runs, queue) | whole_database()
        places |= errors(client, program, settings)
        places |= {f"key {key}": str(redis.dump(key)) for key in redis.scan_iter()}
    places |= {"redis": "\n".join(in_redis), "frames": frames, "log": logged.getvalue()}

    # then those who asked were given it, and it is in none of the places
    assert given["password"] == PASSWORD
    assert AssetUse.objects.filter(asset_key="login").count() >= 7
    assert_absent(places)
    # where what was said beside it is
    said = {name for name, text in places.items() if MARKER in text}
    assert {
        *("page /settings/assets/", f"call /runs/{runs[0].pk}/log", f"page /runs/{runs[1].pk}/"),
        *("table bots_run", "log"),
    } <= said
    assert any(name.startswith("table bots_logline") for name in said)
    assert any(name.startswith("table queues_attempt") for name in said)
    assert f"asset:{asset.pk}" in places["redis"]
    assert "Lets slip what it was given" in frames
    outcomes = {str(each) for each in Attempt.objects.values_list("outcome", flat=True)}
    assert outcomes >= {"successful", "business_exception", "asked"}
