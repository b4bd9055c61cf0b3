"""Sends what is due: this thread talks to the database, threads of their own talk to receivers.

Two lanes: endpoints that failed last time share one, so that however many of them hang, the others
are told. What is in hand when the process is to end is noted for a moment more; the rest runs out
and is sent again.
"""

import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue
from time import monotonic
from typing import Final, NamedTuple

import structlog

from apps.lib.clock import database_now
from apps.lib.json import JsonObject
from apps.lib.standard_webhooks import ID, SIGNATURE, TIMESTAMP, sign_with_all

from . import lifecycle
from .calling import Answer, Call, send
from .lifecycle.claiming import Claimed

log = structlog.get_logger("controlroom.webhooks")

LANES: Final = (False, True)  # of those that are well, and of the doubtful ones
SEATS_IN_A_LANE: Final = 16
LOOK_AGAIN_SECONDS: Final = 0.2
LAST_WORDS_SECONDS: Final = 5.0
USER_AGENT: Final = "Controlroom-Webhooks/1"
HIDDEN: Final = "v1,•••"


class _Done(NamedTuple):
    claimed: Claimed
    answer: Answer
    head: JsonObject
    lane: bool


def deliver(is_over: Callable[[], bool] = bool) -> int:
    """Send what is due, until nothing is, or the process is to end; return how many were taken."""
    lifecycle.give_up_late()
    done: SimpleQueue[_Done] = SimpleQueue()
    busy = dict.fromkeys(LANES, 0)
    taken = 0
    while not is_over():
        for lane in LANES:
            busy[lane] += _send_some(SEATS_IN_A_LANE - busy[lane], lane, done)
        if not any(busy.values()):
            return taken
        taken += _note_some(done, busy, LOOK_AGAIN_SECONDS)
    end = monotonic() + LAST_WORDS_SECONDS
    while any(busy.values()) and monotonic() < end:
        taken += _note_some(done, busy, LOOK_AGAIN_SECONDS)
    return taken


def _send_some(free: int, lane: bool, done: "SimpleQueue[_Done]") -> int:  # noqa: FBT001 - a lane
    claimed = lifecycle.claim(free, is_doubtful=lane) if free else []
    if not claimed:
        return 0
    at = int(database_now().timestamp())
    for each in claimed:
        call = _call(each, at)
        thread = threading.Thread(
            target=_send, args=(each, call, lane, done), name="webhook", daemon=True
        )
        thread.start()
    return len(claimed)


def _send(claimed: Claimed, call: Call, lane: bool, done: "SimpleQueue[_Done]") -> None:  # noqa: FBT001
    """Without a database: it may hang for as long as a call may take."""
    try:
        answer = send(call) if claimed.secrets else _unsigned()
    except Exception as error:
        log.exception("webhook_call_failed", delivery=claimed.delivery.pk)
        answer = Answer(error=type(error).__name__)
    head: JsonObject = {**call.headers, SIGNATURE: HIDDEN}
    done.put(_Done(claimed, answer, head, lane))


def _note_some(done: "SimpleQueue[_Done]", busy: dict[bool, int], seconds: float) -> int:
    """Note what has ended; wait for one, for so long."""
    taken, patience = 0, seconds
    while True:
        try:
            each = done.get(timeout=patience)
        except Empty:
            return taken
        busy[each.lane] -= 1
        patience = 0.001
        noted = lifecycle.note(each.claimed, each.answer, each.head)
        taken += noted and each.answer.is_taken
        if not each.answer.is_taken:
            log.warning(
                "webhook_not_taken",
                endpoint=each.claimed.endpoint.pk,
                delivery=each.claimed.delivery.pk,
                tries=each.claimed.delivery.tries,
                status=each.answer.status,
            )


def _call(claimed: Claimed, at: int) -> Call:
    message = claimed.delivery.message
    body = message.body.encode()
    headers = {
        "Content-Type": "application/json",
        "User-Agent": USER_AGENT,
        ID: message.uid,
        TIMESTAMP: str(at),
        SIGNATURE: sign_with_all(claimed.secrets, message.uid, at, body),
    }
    return Call(url=claimed.endpoint.url, headers=headers, body=body)


def _unsigned() -> Answer:
    return Answer(error="The secret can't be opened: replace it.")
