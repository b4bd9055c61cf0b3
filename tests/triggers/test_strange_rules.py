"""Whatever a program writes as a rule or a target is taken or refused: never a fault of ours."""

import json
from typing import Any

import pytest
from django.db import transaction

from tests.factories_queues import make_queue
from tests.workflows.lifecycle.walking import deployed
from tests.workflows.models import process

pytestmark = pytest.mark.django_db

READY = {"metric": "queue.ready", "queue": "in", "op": ">=", "value": 5}
ALERT = {"type": "alert", "title": "Look", "message": "m", "to": "supervisors"}
WORK = {"type": "workflow", "key": "work", "version": 1, "variables": {"a": 1}}
ITEM = {"payload": {"a": "{event.x}"}, "reference": "r", "priority": 50}
ITEMS = {"type": "items", "queue": "in", "items": [ITEM]}
TASK = {"type": "task", "title": "t", "message": "m", "team": "x", "form": {"type": "object"}}
RUN = {"type": "run", "automation": "x", "input": {"a": 1}, "bot": "b", "priority": 5}
STATE = {
    "all": [
        READY,
        {"any": [{"workflow": "work", "ended": "any", "within": "today"}]},
        {"asset": "a", "op": "=", "value": 1},
        {"automation": "a", "ended": "any", "within": 60},
        {"trigger": "x", "fired": "today"},
    ],
    "for_seconds": 60,
    "cool_down_seconds": 10,
    "mode": "level",
    "once_per": "business_date",
    "zone": "UTC",
}
MAIL = {"source": "mail", "credential": "c", "host": "h", "port": 993, "tls": "tls", "from": "x"}
QUEUE = {"queue": "in", "min_items": 2, "max_active": 1, "oldest_seconds": 5, "miss_chance": 0.2}
EACH_MINUTE = {"type": "interval", "seconds": 60, "zone": "UTC"}
MONTHLY = {"type": "recurring", "freq": "monthly", "month_days": [1], "times": ["07:00"]}
# one that is right, or nearly, of each kind; each value in it is replaced by each strange one
WHOLE = [
    ("state", STATE, ALERT),
    ("state", {"all": [{**READY, "metric": "queue.failure_share", "window_seconds": 60}]}, ITEMS),
    ("event", {"source": "webhook", "tolerance_seconds": 300, "filter": "event.x > 1"}, ITEMS),
    ("event", {"source": "internal", "events": ["queue.paused"], "of": "k"}, TASK),
    ("event", {"source": "file", "folder": "a/b", "pattern": "*", "then": "move"}, RUN),
    ("event", MAIL, WORK),
    ("queue", QUEUE, WORK),
    ("time", {**MONTHLY, "zone": "UTC", "starts_at": "2026-01-01", "jitter_seconds": 5}, ALERT),
    ("time", {"type": "cron", "cron": "0 7 * * *", "zone": "UTC"}, ALERT),
    ("time", {"type": "once", "at": "2099-01-01T00:00", "zone": "UTC"}, ALERT),
    ("expected", {**EACH_MINUTE, "expects": {"items": {"queue": "in", "at_least": 2}}}, ALERT),
    ("expected", {**EACH_MINUTE, "expects": {"file": {"folder": "a", "pattern": "*"}}}, ALERT),
    ("expected", {**EACH_MINUTE, "expects": {"trigger": "x", "since": "previous"}}, ALERT),
]
STRANGE: list[Any] = [
    *(None, True, -1, 0.5, 1e308, 10**30),
    *("", "x" * 5_000, "\x00", "é\u202e", "../..", "{event.x.y}"),
    *([], {}, [None], {"a": {}}, [READY] * 1_000, {"all": [READY]}),
]


def places_in(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = enumerate(value) if isinstance(value, list) else ()
    named = value.items() if isinstance(value, dict) else inner
    return [path, *(place for name, each in named for place in places_in(each, (*path, name)))]


def with_other(whole: Any, path: tuple[Any, ...], other: Any) -> Any:
    if not path:
        return other
    copied = json.loads(json.dumps(whole))
    place = copied
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = other
    return copied


@pytest.fixture
def work(folder):
    make_queue("in", folder=folder)
    deployed(process("work").start().end(), folder)
    return folder


@pytest.mark.parametrize(("kind", "rule", "target"), WHOLE)
def test_strange_values_are_taken_or_refused(api, work, kind, rule, target):
    said = {"rule": rule, "target": target}
    faults = {}
    for path in places_in(said):
        for other in STRANGE:
            body = with_other(said, path, other)
            body = {"title": "T", "kind": kind, **(body if isinstance(body, dict) else {})}
            status = _status(api, body)
            if status not in (200, 201, 400, 422):
                faults[path, repr(other)[:40]] = status

    assert faults == {}


def _status(api, body) -> Any:
    with transaction.atomic():
        try:
            return api.put("/triggers/strange", body).status_code
        except Exception as error:  # what a server would answer with 500
            return repr(error)[:200]
        finally:
            transaction.set_rollback(True)
